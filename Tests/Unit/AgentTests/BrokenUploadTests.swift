import Files
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Agent
@testable import Release
@testable import Wire

/// How a file is taken whose connection breaks in the middle. Whatever comes in between, each conversation is answered
/// once for where to begin, and once more only where something was sent: else it would be out of step.
@Suite struct BrokenUploadTests {
  private static let bytes = Array("a release".utf8)
  private static let digest = SHA256Digest(of: bytes).description

  /// A conversation that takes the file on a thread of its own.
  private final class Taking: Sendable {
    private let theirs: FileDescriptor
    private let said: FileDescriptor
    private let state = Mutex<(reader: FrameReader, isOver: Bool)>((FrameReader(expectMagic: false), false))

    init(_ paths: AgentPaths) throws {
      let (ours, theirs) = try FileDescriptor.pipe()
      let (said, mine) = try FileDescriptor.pipe()
      (self.theirs, self.said) = (theirs, said)
      Thread.detachNewThread { [self] in
        var conversation = Conversation(input: ours.rawValue, output: mine.rawValue)
        var upload = Upload(
          paths: paths, sha256: BrokenUploadTests.digest, size: Int64(BrokenUploadTests.bytes.count),
          silenceSeconds: 1)
        do { try upload.receive(&conversation) } catch { state.withLock { $0.isOver = true } }
        try? mine.close()
        try? ours.close()
      }
    }

    /// It was given up.
    var isOver: Bool { state.withLock(\.isOver) }

    func send(_ bytes: some Sequence<UInt8>) throws { _ = try theirs.writeAll(bytes) }

    /// The next answer; nil: it has ended, and says no more.
    func reply() throws -> Reply? {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        if let payload = try state.withLock({ try $0.reader.next() }) {
          return try JSON.decode(Reply.self, from: payload)
        }
        let count = try buffer.withUnsafeMutableBytes { try said.read(into: $0) }
        guard count > 0 else { return nil }
        state.withLock { $0.reader.feed(Array(buffer[..<count])) }
      }
    }
  }

  private func withPaths(_ body: (AgentPaths) throws -> Void) throws {
    let directory = try TestDirectory()
    let paths = AgentPaths(app: "app", root: FilePath(directory.path))
    try StateFolder(paths).prepare()
    try body(paths)
  }

  private func expectWhole(_ paths: AgentPaths) throws {
    #expect(try Artifacts(paths).has(Self.digest, size: Int64(Self.bytes.count)))
  }

  @Test func `who goes on with it waits until the one before, of whom nothing is heard, is given up`() throws
  {
    try withPaths { paths in
      let first = try Taking(paths)
      #expect(try first.reply() == .send(from: 0))
      try first.send(Self.bytes[..<4])
      let second = try Taking(paths)
      try #require(try second.reply() == .send(from: 4))
      #expect(try first.reply() == nil && first.isOver)
      try second.send(Self.bytes[4...])
      #expect(try second.reply() == .ok)
      #expect(try second.reply() == nil)
      try expectWhole(paths)
    }
  }

  @Test func `who waits while the one before brings it to its end hears that all is there, once`() throws {
    try withPaths { paths in
      let first = try Taking(paths)
      #expect(try first.reply() == .send(from: 0))
      try first.send(Self.bytes[..<4])
      let second = try Taking(paths)
      // It waits by then; where it does not yet, it finds the same.
      usleep(100_000)
      try first.send(Self.bytes[4...])
      #expect(try first.reply() == .ok)
      #expect(try second.reply() == .send(from: Int64(Self.bytes.count)))
      #expect(try second.reply() == nil)
      try expectWhole(paths)
    }
  }

  @Test func `all of it that came before its agent ended is taken, once`() throws {
    try withPaths { paths in
      let part = paths.artifacts.appending(Self.digest + ".part").string
      try Data(Self.bytes).write(to: URL(fileURLWithPath: part))
      let taking = try Taking(paths)
      #expect(try taking.reply() == .send(from: Int64(Self.bytes.count)))
      #expect(try taking.reply() == nil)
      try expectWhole(paths)
    }
  }

  @Test func `as much as there is to be, and something else, is sent anew`() throws {
    try withPaths { paths in
      let part = paths.artifacts.appending(Self.digest + ".part").string
      try Data(repeating: 0x21, count: Self.bytes.count).write(to: URL(fileURLWithPath: part))
      let taking = try Taking(paths)
      try #require(try taking.reply() == .send(from: 0))
      try taking.send(Self.bytes)
      #expect(try taking.reply() == .ok)
      #expect(try taking.reply() == nil)
      try expectWhole(paths)
    }
  }
}
