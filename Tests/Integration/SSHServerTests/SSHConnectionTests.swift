import Foundation
import SSH
import SystemPackage
import TestSupport
import Testing

/// Quick limits, for tests that wait for them to run out.
private var hasty: SSHLimits {
  var limits = SSHLimits()
  limits.connectTimeoutSeconds = 2
  limits.handshakeTimeoutSeconds = 1
  return limits
}

private let anyone = HostKeyTrust([], acceptUnknown: { _ in true })

@Suite("A connection") struct SSHConnectionTests {
  @Test func `to a port where nobody listens is unreachable, refused`() async throws {
    let port = try Shell.freePort()
    try await onOwnThread {
      let target = SSHTarget(name: "tent", address: "127.0.0.1", port: port, user: "root")
      let error = try sshError { _ = try SSHSession.connect(target, trust: anyone) }
      let attempt = try #require(
        { () -> ConnectAttempt? in
          if case .unreachable("tent", port, let attempts) = error { attempts.first } else { nil }
        }())
      #expect(attempt.address == "127.0.0.1")
      #expect(attempt.errno == .connectionRefused)
    }
  }

  @Test func `to a name that does not exist says so`() async throws {
    try await onOwnThread {
      let target = SSHTarget(name: "tent", address: "no-such-host.invalid", user: "root")
      let error = try sshError { _ = try SSHSession.connect(target, trust: anyone) }
      guard case .nameNotFound("tent", "no-such-host.invalid", _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `tries every address of a name`() async throws {
    // localhost is ::1 and 127.0.0.1 in most hosts files; the server listens on the latter only.
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let target = SSHTarget(name: "tent", address: "localhost", port: server.port, user: "root")
      let session = try SSHSession.connect(target, trust: server.trusted())
      try session.authenticate([server.userKey], deadline: soon())
    }
  }

  @Test func `to a server that never says a word is given up at the deadline`() async throws {
    let listener = try Listener()
    try await onOwnThread {
      let target = SSHTarget(name: "tent", address: "127.0.0.1", port: listener.port, user: "root")
      let error = try sshError { _ = try SSHSession.connect(target, trust: anyone, limits: hasty) }
      #expect(error == .deadline(host: "tent", during: "the handshake"))
    }
  }

  @Test func `may come through a socket that is already connected`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let socket = try connectedSocket(to: server.port)
      let target = SSHTarget(name: "tent", address: "nowhere.invalid", user: "root")
      let session = try SSHSession.connect(target, over: socket, trust: server.trusted())
      try session.authenticate([server.userKey], deadline: soon())
      #expect(try session.run("true", deadline: soon()).exit.isSuccess)
    }
  }

  @Test(arguments: [false, true]) func `cut in the middle is lost, and no exit status is made up`(
    dropbear: Bool
  )
    async throws
  {
    let server = try dropbear ? SSHTestServer.dropbear() : SSHTestServer.openSSH()
    try await onOwnThread {
      let session = try server.session()
      let channel = try session.exec("echo started; sleep 600", deadline: soon())
      #expect(try channel.read(maxBytes: 100, deadline: soon()).elementsEqual("started\n".utf8))
      server.child.killDescendants()
      for _ in 0..<2 {
        let error = try sshError { _ = try channel.finish(deadline: soon()) }
        guard case .connectionLost("tent", _, _) = error else {
          Issue.record("\(error)")
          return
        }
      }
      guard case .connectionLost = try sshError({ _ = try session.run("true", deadline: soon()) }) else {
        Issue.record("a lost session was used again")
        return
      }
    }
  }

  @Test func `cut while writing is lost`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let channel = try server.session().exec("echo started; cat > /dev/null", deadline: soon())
      _ = try channel.read(maxBytes: 100, deadline: soon())
      server.child.killDescendants()
      let error = try sshError {
        while true { try channel.writeAll(noise(1_000_000), deadline: soon()) }
      }
      guard case .connectionLost = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `whose read ran out of time can be read again`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let channel = try server.session().exec("read line; echo got $line", deadline: soon())
      let error = try sshError { _ = try channel.read(maxBytes: 100, deadline: soon(0.2)) }
      #expect(error == .deadline(host: "tent", during: "reading"))
      try channel.writeAll("it\n".utf8, deadline: soon())
      #expect(try channel.read(maxBytes: 100, deadline: soon()).elementsEqual("got it\n".utf8))
      #expect(try channel.finish(deadline: soon()) == .status(0))
    }
  }

  @Test func `whose write ran out of time is not used again`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let session = try server.session()
      let channel = try session.exec("sleep 600", deadline: soon())
      let error = try sshError { try channel.writeAll(noise(16_000_000), deadline: soon(0.5)) }
      #expect(error == .deadline(host: "tent", during: "writing"))
      guard case .connectionLost = try sshError({ _ = try session.run("true", deadline: soon()) }) else {
        Issue.record("the session was used again")
        return
      }
    }
  }

  @Test func `answers a server that wants a sign of life`() async throws {
    // The server hangs up on a client that does not answer two of its questions, one a second.
    let server = try SSHTestServer.openSSH(settings: "ClientAliveInterval 1\nClientAliveCountMax 2")
    try await onOwnThread {
      let channel = try server.session().exec("sleep 4; echo awake", deadline: soon())
      #expect(try channel.read(maxBytes: 100, deadline: soon()).elementsEqual("awake\n".utf8))
    }
  }

  @Test func `shows signs of life while it waits`() async throws {
    let server = try SSHTestServer.openSSH(settings: "LogLevel DEBUG1")
    try await onOwnThread {
      var limits = SSHLimits()
      limits.keepaliveSeconds = 1
      let channel = try server.session(limits: limits).exec("sleep 4; echo awake", deadline: soon())
      #expect(try channel.read(maxBytes: 100, deadline: soon()).elementsEqual("awake\n".utf8))
      #expect(try server.directory.read("log").contains("keepalive@libssh2.org"))
    }
  }

  @Test func `can be interrupted from another thread`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let session = try server.session()
      let channel = try session.exec("echo started; sleep 600", deadline: soon())
      _ = try channel.read(maxBytes: 100, deadline: soon())
      let interrupter = session.interrupter
      Thread.detachNewThread { interrupter.interrupt() }
      guard case .connectionLost = try sshError({ _ = try channel.read(maxBytes: 100, deadline: soon()) })
      else {
        Issue.record("it went on")
        return
      }
    }
  }

  @Test func `that was closed says so`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let session = try server.session()
      session.close()
      session.close()
      let error = try sshError { _ = try session.run("true", deadline: soon()) }
      #expect(error == .connectionLost(host: "tent", during: "closing", cause: "it was closed by us"))
    }
  }
}
