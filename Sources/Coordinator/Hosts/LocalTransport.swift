import Programs
import Text
import Glibc
import SystemPackage

/// The way to this very machine: child processes.
final class LocalTransport: HostTransport {
  private let name: String
  private let home: FilePath
  let interrupt: @Sendable () -> Void = {}

  init(name: String, home: FilePath) {
    self.name = name
    self.home = home
  }

  func close() {}

  func start(_ command: String) throws(HostError) -> any ProgramStream {
    do throws(Errno) {
      // As a login would have it, wherever we were started.
      let line = "HOME=\(shellQuoted(home.string)); export HOME; cd / && \(command)"
      return try LocalProgram(["/bin/sh", "-c", line], name: name)
    } catch {
      throw .protocolFault("\(name): this machine cannot start a program: \(error)")
    }
  }
}

/// A program of this machine.
final class LocalProgram: ProgramStream {
  private let child: ChildProgram
  private let name: String
  let interrupt: @Sendable () -> Void

  init(_ arguments: [String], name: String) throws(Errno) {
    child = try ChildProgram(arguments, drained: true)
    self.name = name
    // A number of its own, so that the interrupter never touches one that was given to somebody else.
    let handle = SharedSocket(copying: child.socket)
    interrupt = { handle.shutDown() }
  }

  func read(withinSeconds seconds: Double) throws(HostError) -> [UInt8] {
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = recv(child.socket, &buffer, buffer.count, 0)
      if count > 0 { return Array(buffer[..<count]) }
      // A program that ended without reading all of its input resets the socket: that is an end too.
      if count == 0 || errno == ECONNRESET { return [] }
      guard errno == EAGAIN || errno == EINTR else {
        throw .lost("\(name): the program's output: \(Errno(rawValue: errno))")
      }
      guard child.wait(for: Int16(POLLIN), until: deadline) != 0 else {
        throw .lost("\(name): no answer in time during reading")
      }
    }
  }

  func write(_ bytes: [UInt8], withinSeconds seconds: Double) throws(HostError) {
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        send(
          child.socket, buffer.baseAddress?.advanced(by: sent), buffer.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        sent += count
        continue
      }
      guard errno == EAGAIN || errno == EINTR else {
        throw .lost("\(name): the program ended before it had read everything")
      }
      guard child.wait(for: Int16(POLLOUT), until: deadline) != 0 else {
        throw .lost("\(name): no answer in time during writing")
      }
    }
  }

  func endInput() { shutdown(child.socket, Int32(SHUT_WR)) }

  func end() -> ProgramEnd? { child.end(withinSeconds: HostLimits.farewellSeconds) }
}

/// A descriptor that is closed with its last user.
final class SharedSocket: Sendable {
  private let descriptor: Int32

  init(copying other: Int32) { descriptor = fcntl(other, F_DUPFD_CLOEXEC, 0) }

  deinit { close(descriptor) }

  func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
