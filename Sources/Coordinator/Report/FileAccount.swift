package import Wire

/// What would stay behind on a host.
package enum FileAccount: Equatable, Sendable {
  /// None where all is the release's, carried or ignored.
  case groups([FileGroup])
  /// Nobody looked, and why.
  case unknown(String)
}
