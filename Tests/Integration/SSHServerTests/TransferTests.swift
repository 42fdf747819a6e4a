import SSH
import TestSupport
import Testing

/// Large enough to fill every window and socket buffer many times over.
private let size = 32 * 1024 * 1024

/// Compares outside of the macro, which would spell out all of the bytes.
private func expectSame(_ received: [UInt8], _ data: [UInt8]) {
  let same = received == data
  #expect(received.count == data.count)
  #expect(same)
}

/// The program on the host is fed, and what it makes of it is compared with what the file there gives.
private func upload(_ session: SSHSession, like path: String, _ data: [UInt8]) throws {
  let expected = try session.run("sha256sum < \(path)", deadline: soon(120)).standardOutput
  let channel = try session.exec("sha256sum", deadline: soon())
  try channel.writeAll(data, deadline: soon(120))
  try channel.sendEOF(deadline: soon())
  var sum: [UInt8] = []
  while case let piece = try channel.read(maxBytes: 10, deadline: soon(120)), !piece.isEmpty { sum += piece }
  #expect(sum.count == 64 + "  -\n".utf8.count)
  #expect(sum == expected)
  #expect(try channel.finish(deadline: soon()) == .status(0))
}

private func download(_ session: SSHSession, from path: String, _ data: [UInt8]) throws {
  let channel = try session.exec("cat \(path)", deadline: soon())
  var received: [UInt8] = []
  while case let piece = try channel.read(maxBytes: 100_000, deadline: soon(120)), !piece.isEmpty {
    received += piece
  }
  expectSame(received, data)
  #expect(try channel.finish(deadline: soon()) == .status(0))
}

private func both(_ session: SSHSession) throws {
  let data = noise(size)
  let result = try session.run("cat", input: data, deadline: soon(120))
  expectSame(result.standardOutput, data)
  #expect(result.exit == .status(0))
}

@Suite("32 MiB") struct TransferTests {
  @Test(arguments: [false, true])
  func `arrive whole in each direction and in both at once`(dropbear: Bool) async throws {
    let server = try dropbear ? SSHTestServer.dropbear() : SSHTestServer.openSSH()
    let data = noise(size)
    let path = server.directory.file("data")
    try server.directory.write(data, to: "data")
    try await onOwnThread {
      let session = try server.session()
      try upload(session, like: path, data)
      try download(session, from: path, data)
      try both(session)
    }
  }

  @Test(arguments: [false, true])
  func `arrive whole while the keys are exchanged anew again and again`(up: Bool) async throws {
    let server = try SSHTestServer.openSSH(settings: "RekeyLimit 4M")
    let data = noise(size)
    let path = server.directory.file("data")
    try server.directory.write(data, to: "data")
    try await onOwnThread {
      let session = try server.session()
      if up { try upload(session, like: path, data) } else { try download(session, from: path, data) }
    }
  }
}
