import ByteText
import Files
import SystemPackage

/// Processes by control group (cgroups(7), version 2 or the named hierarchy of version 1). A unit's
/// group has the unit's name; systemd no longer tells where it is once the unit is stopped.
enum ControlGroup {
  /// How deep slices are looked into.
  private static let depthLimit = 8

  static func processes(ofUnits units: [String], below root: FilePath) -> [Int32] {
    var found: [Int32] = []
    for hierarchy in ["", "unified", "systemd"] {
      let path = hierarchy.isEmpty ? root : root.appending(hierarchy)
      guard let top = try? Directory.open(path) else { continue }
      for name in (try? top.entries()) ?? [] where name.string.ends(with: ".slice") {
        // A user's own units may have the same names.
        guard name.string != "user.slice", let slice = try? top.open(name) else { continue }
        search(slice, name: name.string, for: Set(units), inside: false, depth: 0, &found)
      }
    }
    return Set(found).sorted()
  }

  private static func search(
    _ group: Directory, name: String, for units: Set<String>, inside: Bool, depth: Int,
    _ found: inout [Int32]
  ) {
    let inside = inside || units.contains(name)
    if inside, let file = try? group.openFile("cgroup.procs"),
      let bytes = try? file.readAll(maxBytes: EffectLimits.procFileBytes)
    {
      found += String(decoding: bytes, as: UTF8.self).pieces(by: "\n").compactMap { Int32($0) }
    }
    guard depth < depthLimit else { return }
    for child in (try? group.entries()) ?? [] {
      guard let directory = try? group.open(child) else { continue }
      search(
        directory, name: child.string, for: units, inside: inside, depth: depth + 1, &found)
    }
  }
}
