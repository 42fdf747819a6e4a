import Files
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Agent
@testable import Release
@testable import Wire

/// How a file is taken whose connection breaks in the middle.
@Suite struct BrokenUploadTests {
  private let bytes = Array("a release".utf8)

  /// A conversation, what it reads from, and what it says.
  private struct Line {
    let ours: FileDescriptor
    let said: FileDescriptor
    var conversation: Conversation
    private var reader = FrameReader(expectMagic: false)

    init() throws {
      let (theirs, ours) = try FileDescriptor.pipe()
      let (said, mine) = try FileDescriptor.pipe()
      (self.ours, self.said) = (ours, said)
      conversation = Conversation(input: theirs.rawValue, output: mine.rawValue)
    }

    mutating func reply() throws -> Reply {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        if let payload = try reader.next() { return try JSON.decode(Reply.self, from: payload) }
        let count = try buffer.withUnsafeMutableBytes { try said.read(into: $0) }
        try #require(count > 0)
        reader.feed(Array(buffer[..<count]))
      }
    }
  }

  private func upload(_ paths: AgentPaths) -> Upload {
    Upload(
      paths: paths, sha256: SHA256Digest(of: bytes).description, size: Int64(bytes.count), silenceSeconds: 1)
  }

  @Test func `who goes on with it waits until the one before, of whom nothing is heard, is given up`() throws
  {
    let directory = try TestDirectory()
    let paths = AgentPaths(app: "app", root: FilePath(directory.path))
    var first = try Line()
    let firstEnded = Mutex(false)
    let thread = Thread { [upload = upload(paths), conversation = first.conversation] in
      var (upload, conversation) = (upload, conversation)
      do { try upload.receive(&conversation) } catch { firstEnded.withLock { $0 = true } }
    }
    thread.start()
    #expect(try first.reply() == .send(from: 0))
    _ = try first.ours.writeAll(bytes[..<4])

    var second = try Line()
    // All that the host lacks is on its way already, as over a slow link.
    _ = try second.ours.writeAll(bytes[4...])
    var again = upload(paths)
    try again.receive(&second.conversation)
    try #require(try second.reply() == .send(from: 4))
    #expect(try second.reply() == .ok)
    #expect(firstEnded.withLock { $0 })
    #expect(try Artifacts(paths).has(SHA256Digest(of: bytes).description, size: Int64(bytes.count)))
  }
}
