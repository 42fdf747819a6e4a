import Glibc
import SystemPackage
import Testing

/// A child process with a socket as its input and output; killed and waited for with its owner.
/// Foundation's `Process` passes on the blocked signals of the thread that starts it.
final class Child: @unchecked Sendable {
  let pid: pid_t
  private let socket: Int32
  private var status: Int32?

  init(_ words: [String], in directory: FilePath = "/") throws {
    // One socket both ways: unlike a pipe it can be made so that no other child inherits it.
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let words = ["/usr/bin/env", "-C", directory.string] + words
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let code = posix_spawn(&pid, words[0], &actions, &attributes, arguments, environ)
    close(ends[1])
    socket = ends[0]
    self.pid = pid
    try #require(code == 0, "\(words)")
  }

  deinit {
    kill()
    close(socket)
  }

  /// The next line of its output; nil at the end.
  func readLine() -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(socket, &byte, 1) == 1 {
      if byte == 0x0A { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  func write(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { Glibc.write(socket, $0.baseAddress, $0.count) }
  }

  /// SIGKILL, as the power cut.
  func kill() {
    guard status == nil else { return }
    Glibc.kill(pid, SIGKILL)
    _ = wait()
  }

  /// Waits for its end and returns the exit code, or minus the signal.
  func wait() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) == -1 && errno == EINTR {}
    let code = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
    status = code
    return code
  }
}

/// Runs a program that must succeed.
func run(_ words: String...) throws {
  try #require(Child(words).wait() == 0, "\(words)")
}
