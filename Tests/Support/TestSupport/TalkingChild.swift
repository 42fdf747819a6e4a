package import Foundation
import Glibc

/// A program whose input and output are one socket, killed and waited for with its owner.
package final class TalkingChild: @unchecked Sendable {
  // Used by one thread at a time, as tests do.
  package let pid: pid_t
  private let socket: Int32
  private var status: Int32?

  /// - Parameter mergingErrors: whether what it says on its error stream is read too.
  package init(
    _ words: [String], environment: [String: String]? = nil, in directory: String? = nil,
    mergingErrors: Bool = false
  ) throws {
    // Unlike a pipe it can be made so that no other child inherits it.
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Spawn.Failed("socketpair") }
    defer { close(ends[1]) }
    do {
      pid = try Spawn.start(
        words, environment: environment?.map { "\($0)=\($1)" }, in: directory, input: .descriptor(ends[1]),
        output: .descriptor(ends[1]), error: mergingErrors ? .descriptor(ends[1]) : nil)
    } catch {
      close(ends[0])
      throw error
    }
    socket = ends[0]
  }

  deinit {
    kill()
    close(socket)
  }

  /// What has come, at least one byte; nil at the end.
  package func read() -> Data? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(socket, &buffer, buffer.count)
      if count > 0 { return Data(buffer[..<count]) }
      if count < 0, errno == EINTR { continue }
      return nil
    }
  }

  /// All that it prints until it ends.
  package func readAll() -> String {
    var output = Data()
    while let more = read() { output += more }
    return String(decoding: output, as: UTF8.self)
  }

  /// The next line of its output; nil at the end.
  package func readLine() -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while Glibc.read(socket, &byte, 1) == 1 {
      if byte == 0x0A { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  package func write(_ data: some Collection<UInt8>) throws {
    let bytes = Array(data)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Spawn.Failed("it does not listen any more") }
      sent += count
    }
  }

  /// The end of its input; its output can still be read.
  package func endInput() { shutdown(socket, Int32(SHUT_WR)) }

  /// SIGKILL, as the power cut; and waits.
  package func kill() {
    guard status == nil else { return }
    Glibc.kill(pid, SIGKILL)
    _ = wait()
  }

  /// Waits for its end: the exit code, or minus the signal.
  @discardableResult
  package func wait() -> Int32 {
    if let status { return status }
    let code = Spawn.wait(for: pid)
    status = code
    return code
  }
}
