import Files
import SystemPackage
import Wire

/// What fleet writes into every tree that it makes: whose job made it, and what it is. It moves with the tree, and says
/// later what is installed. The app can change it: where it counts, see ``WorkFolder/isSwapped(job:)`` and
/// ``BackupRecord``.
struct Marker: Codable, Equatable {
  var job: String
  /// nil in a tree from before fleet.
  var release: ReleaseName?
  var timeMilliseconds: Int64
  /// Set when the tree has become a backup: what made it one, and with which profile it ran.
  var backup: BackupNote?

  struct BackupNote: Codable, Equatable {
    var job: String
    var version: String
    var timeMilliseconds: Int64
    /// A tree that fleet did not install: never pruned.
    var isFromBeforeFleet: Bool
    var profile: AppProfile
    /// Whether the app was well in this tree when it was left; nil where that was not written down.
    var wasHealthy: Bool?
  }

  static let name: FilePath.Component = ".fleet-release.json"
  /// What the release consists of, for the account at the next upgrade.
  static let listing: FilePath.Component = ".fleet-listing.json"
  static let maxBytes = 1 << 20

  static func read(in tree: FilePath) throws(StepFailure) -> Marker? {
    let directory: Directory
    do { directory = try Directory.openReal(tree) } catch {
      if error.isMissing { return nil }
      throw .io(error)
    }
    return try Stored.read(Marker.self, name, in: directory)
  }

  /// - Parameter spare: a file with room that is used up for it, where it is still there.
  func write(in tree: FilePath, using spare: FilePath? = nil) throws(StepFailure) {
    do {
      let bytes = try JSON.encode(self, pretty: true)
      // A link that somebody put in the tree's place leads nowhere.
      let tree = try Directory.openReal(tree)
      if let spare {
        do throws(FileError) {
          return try tree.writeDurably(bytes, using: spare, to: Marker.name)
        } catch {
          // Used up already, or too small. A failed sync, for one, is not tried again by another way.
          guard error.isMissing || error.isFull else { throw error }
        }
      }
      try tree.writeDurably(bytes, to: Marker.name)
    } catch {
      throw .from(error)
    }
  }
}
