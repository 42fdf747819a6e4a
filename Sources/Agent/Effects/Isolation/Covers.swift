import CLinux
import Glibc

/// What a command that is not confined sees in place of a directory: the host is as it is but for that.
package struct Cover: Codable, Equatable, Sendable {
  /// The directory that is covered.
  var path: String
  /// What is seen there; nil: an empty directory.
  var source: String?
  var isWritable = false

  package init(path: String, source: String? = nil, isWritable: Bool = false) {
    self.path = path
    self.source = source
    self.isWritable = isWritable
  }
}

/// Makes covers in a mount namespace of its own, in their order.
enum Covers {
  static func enter(_ covers: [Cover]) throws(IsolationFailure) {
    guard fleet_unshare(Int32(FLEET_NEWNS)) == 0 else { throw IsolationFailure("a mount namespace") }
    // What the host mounts later is seen here, and nothing of here there.
    try Mounts.mount(nil, "/", flags: FLEET_MS_REC | FLEET_MS_SLAVE)
    // Held before anything covers them.
    var sources: [HeldPlace?] = []
    for cover in covers {
      sources.append(try cover.source.map { path throws(IsolationFailure) in try HeldPlace(path) })
    }
    for (cover, source) in zip(covers, sources) {
      guard let source else {
        try Mounts.makeMemory(cover.path, mode: "755")
        continue
      }
      try Mounts.bind(source, at: cover.path, writable: cover.isWritable)
      if !cover.isWritable { try Mounts.makeReadOnly(cover.path) }
    }
  }
}
