import SSH
import TestSupport
import Testing

@Suite("A program on the host") struct ChannelTests {
  @Test func `gets its input and gives its output`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let session = try server.session()
      let result = try session.run("tr a-z A-Z", input: Array("fleet".utf8), deadline: soon())
      #expect(result.exit == .status(0))
      #expect(String(decoding: result.standardOutput, as: UTF8.self) == "FLEET")
      #expect(result.standardError.isEmpty)
    }
  }

  @Test func `reports its exit status`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let result = try server.session().run("exit 75", deadline: soon())
      #expect(result.exit == .status(75))
      #expect(!result.exit.isSuccess)
    }
  }

  @Test func `reports the signal that ended it`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let result = try server.session().run("kill -TERM $$", deadline: soon())
      #expect(result.exit == .signal("TERM"))
    }
  }

  @Test func `keeps stdout and stderr apart`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let result = try server.session().run("echo good; echo bad >&2; exit 3", deadline: soon())
      #expect(result.exit == .status(3))
      #expect(String(decoding: result.standardOutput, as: UTF8.self) == "good\n")
      #expect(String(decoding: result.standardError, as: UTF8.self) == "bad\n")
    }
  }

  @Test func `may print more to stderr than the window holds while stdout is read`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let channel = try server.session().exec(
        "head -c 5000000 /dev/zero >&2; echo last words >&2; echo done", deadline: soon())
      var output: [UInt8] = []
      while case let piece = try channel.read(maxBytes: 4096, deadline: soon()), !piece.isEmpty {
        output += piece
      }
      #expect(String(decoding: output, as: UTF8.self) == "done\n")
      #expect(try channel.finish(deadline: soon()) == .status(0))
      let errors = channel.takeStandardError()
      #expect(errors.bytes.count == SSHLimits().keptStandardErrorBytes)
      #expect(errors.bytes.count + errors.droppedBytes == 5_000_000 + "last words\n".utf8.count)
      #expect(errors.bytes.suffix(11).elementsEqual("last words\n".utf8))
    }
  }

  @Test func `may end without reading its input`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let result = try server.session().run("exit 4", input: noise(8_000_000), deadline: soon())
      #expect(result.exit == .status(4))
    }
  }

  @Test func `that ended makes a writer fail and still says how it ended`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let channel = try server.session().exec("echo no room >&2; exit 5", deadline: soon())
      let error = try sshError { try channel.writeAll(noise(8_000_000), deadline: soon()) }
      #expect(error == .channelClosed(host: "tent", during: "writing"))
      #expect(try channel.finish(deadline: soon()) == .status(5))
      #expect(channel.takeStandardError().bytes.elementsEqual("no room\n".utf8))
    }
  }

  @Test func `can be talked with, question by question`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let channel = try server.session().exec("while read n; do echo $((n + 1)); done", deadline: soon())
      for n in 1...20 {
        try channel.writeAll("\(n)\n".utf8, deadline: soon())
        var line: [UInt8] = []
        while line.last != 10 { line += try channel.read(maxBytes: 100, deadline: soon()) }
        #expect(String(decoding: line, as: UTF8.self) == "\(n + 1)\n")
      }
      try channel.sendEOF(deadline: soon())
      #expect(try channel.read(maxBytes: 100, deadline: soon()).isEmpty)
      #expect(try channel.finish(deadline: soon()) == .status(0))
    }
  }
}
