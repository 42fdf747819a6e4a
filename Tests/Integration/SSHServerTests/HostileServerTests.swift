import Foundation
import SSH
import TestSupport
import Testing

/// Servers that never come to an end: each has its deadline, whatever libssh2 does meanwhile.
@Suite struct HostileServerTests {
  private var hasty: SSHLimits {
    var limits = SSHLimits()
    limits.handshakeTimeoutSeconds = 1
    return limits
  }

  private func handshake(with server: RawServer) async throws -> SSHError {
    let limits = hasty
    let error = try await onOwnThread {
      let target = SSHTarget(name: "tent", address: "127.0.0.1", port: server.port, user: "root")
      return try sshError {
        _ = try SSHSession.connect(
          target, trust: HostKeyTrust([], acceptUnknown: { _ in true }), limits: limits)
      }
    }
    #expect(!server.hasEndedByItself, "it was listened to for as long as it spoke")
    return error
  }

  private let outOfTime = SSHError.deadline(host: "tent", during: "the handshake")

  @Test func `lines before the banner, without end`() async throws {
    let line = Array((String(repeating: "x", count: 200) + "\r\n").utf8)
    let server = try RawServer { say in while say(line) {} }
    #expect(try await handshake(with: server) == outOfTime)
  }

  @Test func `such lines, a byte at a time`() async throws {
    let server = try RawServer { say in
      for byte in Array("welcome\r\n".utf8).cycled {
        Thread.sleep(forTimeInterval: 0.1)
        guard say([byte]) else { return }
      }
    }
    #expect(try await handshake(with: server) == outOfTime)
  }

  @Test(arguments: [RawServer.ignored, RawServer.debugging])
  func `packets that say nothing, without end, instead of a key exchange`(packet: [UInt8]) async throws {
    let server = try RawServer { say in
      guard say(RawServer.greeting) else { return }
      while say(packet) {}
    }
    #expect(try await handshake(with: server) == outOfTime)
  }

  @Test func `the half of a banner, and then nothing`() async throws {
    let server = try RawServer { say in
      guard say(Array("SSH-2.0-".utf8)) else { return }
      Thread.sleep(forTimeInterval: RawServer.longestSeconds)
    }
    #expect(try await handshake(with: server) == outOfTime)
  }

  @Test(arguments: [[], RawServer.greeting, RawServer.greeting + RawServer.ignored])
  func `whoever goes before the key exchange was lost, and said nothing that is wrong`(
    words: [UInt8]
  ) async throws {
    let server = try RawServer { say in
      guard say(words) else { return }
      Thread.sleep(forTimeInterval: 0.1)
    }
    let error = try await handshake(with: server)
    guard case .connectionLost("tent", "the handshake", _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: [false, true])
  func `a program that writes to stderr without end does not hold who reads`(dropbear: Bool) async throws {
    let server = try dropbear ? SSHTestServer.dropbear() : SSHTestServer.openSSH()
    let rescue = server.rescue()
    defer { rescue.cancel() }
    try await onOwnThread {
      let channel = try server.session().exec("exec yes >&2", deadline: soon())
      let error = try sshError { _ = try channel.read(maxBytes: 100, deadline: soon(1)) }
      #expect(error == .deadline(host: "tent", during: "reading"))
    }
  }

  @Test func `a program that writes without end does not hold who waits for its end`() async throws {
    let server = try SSHTestServer.openSSH()
    let rescue = server.rescue()
    defer { rescue.cancel() }
    try await onOwnThread {
      let channel = try server.session().exec("exec yes", deadline: soon())
      let error = try sshError { _ = try channel.finish(deadline: soon(1)) }
      guard case .deadline("tent", _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}

extension Array {
  /// Over and over.
  fileprivate var cycled: AnySequence<Element> {
    AnySequence { () -> AnyIterator<Element> in
      var index = -1
      return AnyIterator {
        index += 1
        return self[index % self.count]
      }
    }
  }
}

extension SSHTestServer {
  /// Lets go who has no deadline, so that the test is red and does not hang.
  fileprivate func rescue() -> Task<Void, any Error> {
    let child = child
    return Task {
      try await Task.sleep(for: .seconds(RawServer.longestSeconds))
      child.killDescendants()
    }
  }
}
