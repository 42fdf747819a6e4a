import CLinux
import Glibc
import SystemPackage

/// What went wrong while a confined place was made.
struct IsolationFailure: Error {
  var line: SupervisorReport.Line

  init(_ line: SupervisorReport.Line) { self.line = line }

  /// What the kernel or its configuration forbids is told apart from what is wrong in this one case.
  init(_ what: String, _ errno: Errno = Errno(rawValue: Glibc.errno)) {
    let text = "\(what): \(errno)"
    switch errno {
    case .notPermitted, .permissionDenied, .noFunction, .notSupportedOnSocket, .notSupported:
      line = .unavailable(text)
    default:
      line = .failed(text)
    }
  }
}

/// The steps into namespaces(7) of one's own.
enum Namespaces {
  /// New pid, ipc and, without the network, net namespaces for the children of this process; as a
  /// plain user inside a new user namespace.
  static func leave(network: Bool) throws(IsolationFailure) {
    let uid = geteuid()
    let gid = getegid()
    if uid != 0 {
      guard fleet_unshare(Int32(FLEET_NEWUSER)) == 0 else {
        // ENOSPC: user.max_user_namespaces is 0.
        throw IsolationFailure(
          .unavailable("user namespaces are not allowed: \(Errno(rawValue: errno))"))
      }
      try write("deny", to: "/proc/self/setgroups")
      try write("\(uid) \(uid) 1", to: "/proc/self/uid_map")
      try write("\(gid) \(gid) 1", to: "/proc/self/gid_map")
    }
    var flags = FLEET_NEWPID | FLEET_NEWIPC
    if !network { flags |= FLEET_NEWNET }
    guard fleet_unshare(Int32(flags)) == 0 else {
      throw IsolationFailure(.unavailable("namespaces: \(Errno(rawValue: errno))"))
    }
  }

  private static func write(_ text: String, to path: FilePath) throws(IsolationFailure) {
    do {
      let file = try FileDescriptor.open(path, .writeOnly)
      defer { try? file.close() }
      try file.writeAll(text.utf8)
    } catch {
      throw IsolationFailure(path.string, error as? Errno ?? .ioError)
    }
  }
}
