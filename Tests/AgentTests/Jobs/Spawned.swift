import Foundation
import Glibc

/// A child process whose input and output are one socket. Foundation's `Process` passes on the blocked
/// signals of the thread that starts it, and may wait for ever where many tests run at once.
final class Spawned {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  private let pid: pid_t
  private let socket: Int32
  private var isOpen = true
  private var status: Int32?

  init(_ words: [String], environment: [String: String]? = nil, mergingErrors: Bool = false) throws {
    // Unlike a pipe it can be made so that no other child inherits it.
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failed(description: "socketpair") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    if mergingErrors { posix_spawn_file_actions_adddup2(&actions, ends[1], 2) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = words.map { strdup($0) } + [nil]
    let variables =
      (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, words[0], &actions, &attributes, arguments, variables)
    Glibc.close(ends[1])
    socket = ends[0]
    self.pid = pid
    guard code == 0 else {
      Glibc.close(ends[0])
      isOpen = false
      status = -1
      throw Failed(description: "\(words[0]): \(String(cString: strerror(code)))")
    }
  }

  deinit {
    if status == nil { kill(pid, SIGKILL) }
    _ = wait()
    if isOpen { Glibc.close(socket) }
  }

  /// What has come, at least one byte; nil at the end.
  func read() -> Data? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(socket, &buffer, buffer.count)
      if count > 0 { return Data(buffer[..<count]) }
      if count < 0, errno == EINTR { continue }
      return nil
    }
  }

  func write(_ data: some Collection<UInt8>) throws {
    let bytes = Array(data)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failed(description: "it does not listen any more") }
      sent += count
    }
  }

  /// The end of its input; its output can still be read.
  func endInput() { shutdown(socket, Int32(SHUT_WR)) }

  /// The exit code, or minus the signal.
  func wait() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) == -1, errno == EINTR {}
    let code = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -(raw & 0x7F)
    status = code
    return code
  }
}
