import Files
import Archive
import Foundation
import Release
import SystemPackage
import Testing

/// Archives that are cut off, have something behind their end, or are no archives.
@Suite struct DamageTests {
  func inspect(_ script: String) throws -> ArchiveError? {
    let workshop = try Workshop()
    return try outcome(of: workshop.archive(script))
  }

  func outcome(of archive: FilePath) -> ArchiveError? {
    do {
      _ = try ArchiveJudge.inspect(archive)
      return nil
    } catch {
      return error
    }
  }

  func kind(_ error: ArchiveError?) -> String {
    error.map { Mirror(reflecting: $0).children.first?.label ?? "\($0)" } ?? "taken"
  }

  static let compressors = ["None", "gzip.compress", "lzma.compress"]

  @Test(arguments: compressors)
  func `a tar cut between two entries is refused`(compressor: String) throws {
    for ending in ["b''", "bytes(512)"] {
      let error = try inspect("write(body(f('top/a'), f('top/b', bytes(4096))) + \(ending), \(compressor))")
      guard case .endMissing = error else {
        Issue.record("\(ending): \(kind(error))")
        return
      }
    }
  }

  @Test(arguments: compressors)
  func `a tar cut inside a file is refused`(compressor: String) throws {
    let error = try inspect("write(raw(f('top/a', bytes(5000)))[:2048], \(compressor))")
    guard case .damaged = error else {
      Issue.record("\(kind(error))")
      return
    }
  }

  @Test(arguments: compressors, ["b'x'", "b'garbage' * 100", "body(f('top/late'))", "raw(f('/etc/late'))"])
  func `something behind the end of the tar is refused`(compressor: String, garbage: String) throws {
    let error = try inspect("write(body(f('top/a')) + end + \(garbage), \(compressor))")
    guard case .trailingData = error else {
      Issue.record("\(kind(error))")
      return
    }
  }

  @Test(arguments: [512, 10240, 1 << 20])
  func `zeros behind the end are allowed`(count: Int) throws {
    #expect(try inspect("write(body(f('top/a')) + end + bytes(\(count)))") == nil)
  }

  @Test(arguments: ["gzip.compress", "lzma.compress"], ["b'x'", "b'garbage' * 30000", "bytes(1)"])
  func `something behind the compressed stream is refused`(compressor: String, garbage: String) throws {
    let error = try inspect("write(\(compressor)(raw(f('top/a'))) + \(garbage), None)")
    // xz looks further itself, gzip stops at its end.
    #expect(kind(error) == (compressor.hasPrefix("gzip") ? "trailingData" : "damaged"))
  }

  @Test func `something behind a zstd stream is refused`() throws {
    let workshop = try Workshop()
    _ = try workshop.archive("write(raw(f('top/a')), None)", name: "a.tar")
    try workshop.shell("zstd -q a.tar; cp a.tar.zst b.tar.zst; printf garbage >> b.tar.zst")
    #expect(outcome(of: workshop.path("a.tar.zst")) == nil)
    #expect(["damaged", "trailingData"].contains(kind(outcome(of: workshop.path("b.tar.zst")))))
  }

  @Test func `a second member with another tar is refused`() throws {
    let error = try inspect("write(gzip.compress(raw(f('top/a'))) + gzip.compress(raw(f('/etc/x'))), None)")
    guard case .trailingData = error else {
      Issue.record("\(kind(error))")
      return
    }
  }

  @Test(arguments: ["gzip.compress", "lzma.compress"])
  func `a cut compressed stream is refused`(compressor: String) throws {
    for cut in [1, 8, 9, 50] {
      let script = "write(\(compressor)(raw(f('top/a', os.urandom(5000))))[:-\(cut)], None)"
      #expect(kind(try inspect(script)) == "damaged", "cut by \(cut)")
    }
  }

  @Test func `a damaged header ends the reading instead of skipping to the next`() throws {
    let script = """
      content = bytearray(body(f('top/a'), f('top/b'), f('top/c')) + end)
      content[1024 + 148] ^= 1
      write(bytes(content))
      """
    guard case .damaged = try inspect(script) else {
      Issue.record("taken")
      return
    }
  }

  @Test(arguments: [
    "write(b'', None)", "write(b'')", "write(b'x', None)", "write(b'no archive at all ' * 1000, None)",
    "write(b'no archive at all ' * 1000)", "write(bytes(10240), None)", "write(end)", "tar()",
    "tar(d('top'))",
    "tar(d('top'), d('top/empty'))", "write(gzip.compress(raw(f('top/a'))))", "zip()",
    "import bz2; write(raw(f('top/a')), bz2.compress)",
    "write(b'070701' + b'0' * 104 + b'top/a' + bytes(5), None)",
    "write(b'!<arch>\\n' + b'top/a/          0           0     0     644     1         `\\nx\\n', None)",
  ])
  func `what is no archive of files is refused`(script: String) throws {
    let error = try inspect(script)
    switch error {
    case .notAnArchive, .empty: break
    default: Issue.record("\(kind(error))")
    }
  }

  @Test func `what is no file is refused`() throws {
    let workshop = try Workshop()
    try workshop.shell("mkdir directory; mkfifo fifo")
    for name in ["directory", "fifo"] {
      guard case .notAnArchive = outcome(of: workshop.path(name)) else {
        Issue.record("\(name)")
        return
      }
    }
    #expect(
      outcome(of: workshop.path("missing"))
        == .file(FileError(.open, workshop.path("missing"), .noSuchFileOrDirectory)))
  }

  /// libarchive does not notice these; the tree id and the digest must.
  @Test func `a flipped byte changes the tree`() throws {
    let workshop = try Workshop()
    let whole = try workshop.archive(
      "write(raw(f('top/a', b'hello' * 100)), lambda x: gzip.compress(x, 0))", name: "whole")
    let flipped = try workshop.archive(
      """
      content = bytearray(open(os.path.dirname(out) + '/whole', 'rb').read())
      content[content.find(b'hellohello') + 3] ^= 1
      write(bytes(content), None)
      """, name: "flipped")
    let good = try ArchiveJudge.inspect(whole)
    do {
      let bad = try ArchiveJudge.inspect(flipped)
      #expect(bad.tree != good.tree)
      #expect(bad.sha256 != good.sha256)
    } catch {
      guard case .damaged = error else { throw error }
    }
  }
}
