import Programs
import Files
import Inventory
import ByteText
import Glibc
import SSH
import SystemPackage
import Wire

/// The way over the user's own ssh: one that has logged in and serves a control socket, and one more for each program.
/// The first ends with this, or with us.
final class OpenSSHTransport: HostTransport {
  let carrier: String?
  let interrupt: @Sendable () -> Void
  private let name: String
  private let command: OpenSSHCommand
  private let connection: OpenSSHConnection

  /// Blocks until ssh has logged in, or has ended.
  init(
    _ host: Host, route: SSHRoute, known: OpenSSHKnownHosts, choice: TransportChoice,
    surroundings: SSHEnvironment
  ) throws(HostError) {
    guard let ssh = surroundings.ssh else {
      throw .protocolFault(
        "\(host.name): transport: openssh, and there is no ssh in PATH. Next: sudo apt install openssh-client, or "
          + "transport: auto in fleet.yaml")
    }
    name = host.name
    let folder = try PrivateFolder(in: surroundings.runtimeFolder)
    command = OpenSSHCommand(ssh: ssh, folder: folder.path)
    try folder.write(known.text, to: command.knownHosts)
    let words = try command.connection(
      to: host, config: route.config, sshConfig: surroundings.sshConfig, isOwn: known.isOwn)
    connection = try OpenSSHConnection(words, folder: folder, host: host.name, ssh: host.typedSSH)
    carrier = choice.openSSHWords
    interrupt = connection.interrupt
    try connection.waitUntilOpen(socket: command.socket, known: known.keys)
  }

  func close() { connection.close() }

  func start(_ line: String) throws(HostError) -> any ProgramStream {
    guard connection.isOpen else { throw .lost("\(name): ssh has ended: \(connection.words)") }
    do throws(Errno) {
      return OpenSSHProgram(try LocalProgram(command.program(line), name: name), over: connection)
    } catch {
      throw .protocolFault("\(name): this machine cannot start ssh: \(error)")
    }
  }
}

/// A program on the host. What ends it may have been the connection, and that is another thing.
private final class OpenSSHProgram: ProgramStream {
  private let program: LocalProgram
  private let connection: OpenSSHConnection

  var interrupt: @Sendable () -> Void { program.interrupt }

  init(_ program: LocalProgram, over connection: OpenSSHConnection) {
    self.program = program
    self.connection = connection
  }

  func read(withinSeconds seconds: Double) throws(HostError) -> [UInt8] {
    try program.read(withinSeconds: seconds)
  }

  func write(_ bytes: [UInt8], withinSeconds seconds: Double) throws(HostError) {
    try program.write(bytes, withinSeconds: seconds)
  }

  func endInput() { program.endInput() }

  /// nil where the connection broke, which says nothing of the program.
  func end() -> ProgramEnd? {
    guard let end = program.end() else { return nil }
    // ssh's own status for its own troubles (ssh(1), EXIT STATUS); a program may end with it too.
    guard end.exit == .status(255) else { return end }
    return connection.hasEnded(withinSeconds: HostLimits.connectionEndSeconds) ? nil : end
  }
}

/// The ssh that is the connection.
final class OpenSSHConnection {
  let interrupt: @Sendable () -> Void
  private let child: ChildProgram
  private let folder: PrivateFolder
  private let host: String
  /// What a person types to get there.
  private let ssh: String

  init(_ words: [String], folder: PrivateFolder, host: String, ssh: String) throws(HostError) {
    do throws(Errno) { child = try ChildProgram(OpenSSHCommand.tied(words), drained: false) } catch {
      throw .protocolFault("\(host): this machine cannot start ssh: \(error)")
    }
    self.folder = folder
    self.host = host
    self.ssh = ssh
    // A number of its own, so that the interrupter never touches one that was given to somebody else.
    let handle = SharedSocket(copying: child.socket)
    interrupt = { handle.shutDown() }
  }

  /// The socket stands where it belongs once ssh has logged in, and not before.
  func waitUntilOpen(socket: FilePath, known: [HostKey]) throws(HostError) {
    let deadline = ContinuousClock.Instant.after(seconds: HostLimits.openSSHSeconds)
    while access(socket.string, F_OK) != 0 {
      if child.end(withinSeconds: HostLimits.openingStepSeconds) != nil {
        throw OpenSSHWords(host: host, said: said, known: known, ssh: ssh).error
      }
      guard deadline > .now else {
        throw .lost("\(host): ssh did not come through in time: \(words)")
      }
    }
  }

  var isOpen: Bool { child.socket >= 0 && !hasEnded(withinSeconds: 0) }

  func hasEnded(withinSeconds seconds: Double) -> Bool { child.end(withinSeconds: seconds) != nil }

  /// What it said last, for a message.
  var words: String {
    let words = said.textLines.suffix(3).joined(separator: " / ")
    return words.isEmpty ? "without a word" : "\"\(visible(words, limit: 400))\""
  }

  private var said: String { String(decoding: child.standardError, as: UTF8.self) }

  func close() { child.hangUp() }
}

/// A folder that only we can enter, gone with its owner.
final class PrivateFolder {
  let path: FilePath

  init(in parent: FilePath) throws(HostError) {
    var name = Array(parent.appending("fleet-ssh-XXXXXX").string.utf8CString)
    guard mkdtemp(&name) != nil else {
      throw .protocolFault("this machine: no folder can be made in \(parent): \(Errno(rawValue: errno))")
    }
    path = FilePath(platformString: name)
  }

  deinit {
    guard let folder = try? Directory.open(path), let name = path.lastComponent else { return }
    for file: FilePath.Component in ["mux", "known_hosts"] { _ = try? folder.unlink(file) }
    _ = try? Directory.open(path.removingLastComponent(), following: true).removeIfEmpty(name)
  }

  func write(_ text: String, to file: FilePath) throws(HostError) {
    do throws(FileError) {
      let new = try OpenFile.open(file, .writeOnly, options: [.create, .exclusiveCreate])
      try new.write(text.utf8)
    } catch {
      throw .protocolFault("this machine: \(error)")
    }
  }
}
