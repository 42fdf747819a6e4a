import Foundation
import Glibc

/// A program of this machine whose input and output are one socket.
///
/// Not Foundation's `Process`, which may wait for ever where many programs are started.
final class Tool {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  let pid: pid_t
  private let socket: Int32
  private var status: Int32?

  /// - Parameter environment: all of it; nothing of the test's own is passed on.
  init(_ words: [String], environment: [String: String] = [:]) throws {
    // Unlike a pipe it can be made so that no other child inherits it.
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failed(description: "socketpair") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
    let arguments = words.map { strdup($0) } + [nil]
    let variables = path.merging(environment) { $1 }.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
    close(ends[1])
    socket = ends[0]
    self.pid = pid
    guard code == 0 else {
      close(ends[0])
      status = -1
      throw Failed(description: "\(words[0]): \(String(cString: strerror(code)))")
    }
  }

  deinit {
    if status == nil { kill(pid, SIGKILL) }
    _ = wait()
    close(socket)
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

  func readAll() -> String {
    var output = Data()
    while let more = read() { output += more }
    return String(decoding: output, as: UTF8.self)
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

  /// Runs a program to its end; what it printed. Anything but exit code 0 is an error.
  @discardableResult
  static func run(_ words: [String], environment: [String: String] = [:]) throws -> String {
    let tool = try Tool(words, environment: environment)
    tool.endInput()
    let output = tool.readAll()
    let status = tool.wait()
    guard status == 0 else { throw Failed(description: "\(words): \(status)\n\(output)") }
    return output
  }
}
