import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// `fleet-agent` where a shell finds it, and sudo's `secure_path` too (sudoers(5)): every word that fleet says of the
/// host's own command line is about that name. Somebody else's file of the name is left alone, and told.
enum CommandLink {
  static let name = "fleet-agent"

  /// How a person at the Pi calls the agent.
  static var command: String { geteuid() == 0 ? "sudo \(name)" : name }

  /// `PREFIX/bin` for an agent in `PREFIX/lib/fleet`: /usr/local for root's, `~/.local` for a user's, as systemd's
  /// file-hierarchy(7) has them. nil for one that lies elsewhere.
  static func folder(for program: FilePath) -> FilePath? {
    let library = program.removingLastComponent()
    guard library.lastComponent == "fleet", library.removingLastComponent().lastComponent == "lib" else {
      return nil
    }
    return library.removingLastComponent().removingLastComponent().appending("bin")
  }

  /// Done twice, it does nothing the second time.
  static func place() throws(StepFailure) {
    let program = try files { () throws(FileError) in try realPath("/proc/self/exe") }
    guard let folder = folder(for: program) else { return }
    let link = folder.appending(name)
    switch target(of: link, program) {
    case .ours: return
    case .other: warn("\(link) is somebody else's, and stays; fleet's is \(program)")
    case .nothing:
      _ = try files { () throws(FileError) in
        try Directory.open("/").makeDirectories(FilePath(root: nil, folder.components))
      }
      guard symlink(program.string, link.string) == 0 else {
        throw .because(.io, "\(link) cannot be made: \(Errno(rawValue: errno))")
      }
    }
  }

  static func remove() throws(StepFailure) {
    let program = try files { () throws(FileError) in try realPath("/proc/self/exe") }
    guard let link = folder(for: program)?.appending(name), case .ours = target(of: link, program) else {
      return
    }
    try Stored.remove(link)
  }

  private enum Target { case ours, other, nothing }

  private static func target(of link: FilePath, _ program: FilePath) -> Target {
    guard let status = try? FileStatus.of(link) else { return .nothing }
    let isOurs = status.kind == .symbolicLink && (try? realPath(link)) == program
    return isOurs ? .ours : .other
  }
}
