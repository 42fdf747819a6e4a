package import Store
package import Driver
import FoundationEssentials
package import SystemPackage

/// Which releases somebody was told of already, so that a timer tells of each once:
/// `$XDG_STATE_HOME/fleet/told.json`, tags by inventory.
package struct ToldReleases {
  let file: FilePath

  package init(_ store: RolloutStore) { file = store.folder.removingLastComponent().appending("told.json") }

  /// What cannot be read was told to nobody.
  package func tags(of inventory: FilePath) -> Set<String> { Set(all[inventory.string] ?? []) }

  package func add(_ tags: [String], of inventory: FilePath) throws(StoreError) {
    var all = all
    let kept = (all[inventory.string] ?? []).filter { !tags.contains($0) } + tags
    all[inventory.string] = kept.suffix(NotifyLimits.remembered)
    let bytes: [UInt8]
    try OwnFolder(file.removingLastComponent()).make()
    do {
      bytes = try Array(JSONEncoder().encode(all))
    } catch {
      throw StoreError(path: file, action: "write", cause: "\(error)")
    }
    try StateFiles.write(bytes, to: file)
  }

  private var all: [String: [String]] {
    guard (try? OwnFolder(file.removingLastComponent()).check()) != nil,
      let bytes = try? StateFiles.read(file)
    else { return [:] }
    return (try? JSONDecoder().decode([String: [String]].self, from: Data(bytes))) ?? [:]
  }
}
