import Digest
import Foundation
import Wire

extension Tree {
  /// The whole tree of a version as it must lie at the install path: the release's files byte for byte, the
  /// environment that was built for that path, the user's settings, and what fleet adds.
  ///
  /// - Parameter listing: what the release consists of, where fleet installed it.
  init(_ version: Pocket.Version, in site: Site, listing: ReleaseListing? = nil) throws {
    self.init([])
    for (path, entry) in Pocket.entries(version) {
      switch entry {
      case .file(let content, let executable): add(path, content, mode: executable ? 755 : 644)
      case .link(let target): entries[path] = "l 777 \(target)"
      }
    }
    add("settings.ini", "lamp = 18h\n")
    for number in 0..<3 {
      let lines = (0..<300).map { "\(site.install) \(version.rawValue) \($0)\n" }
      add("env/\(number).pth", lines.joined())
    }
    entries["env/first.pth"] = "l 777 0.pth"
    entries["pictures"] = "d 755 "
    if let listing { add(".fleet-listing.json", String(decoding: try JSON.encode(listing), as: UTF8.self)) }
  }

  private mutating func add(_ path: String, _ content: String, mode: Int = 644) {
    entries[path] = "f \(mode) "
    digests[path] = SHA256.hash(Array(content.utf8)).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
    var folder = path.split(separator: "/").dropLast()
    while !folder.isEmpty {
      entries[folder.joined(separator: "/")] = "d 755 "
      folder = folder.dropLast()
    }
  }
}
