import Files
import Archive
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct ExtractionTests {
  let workshop: Workshop
  let archive: FilePath
  let out: FilePath

  static let script = """
    tar(d('top', mode=0o775), d('top/lib', mode=0o700), f('top/lib/run', b'#!/bin/sh', mode=0o775),
        f('top/README', b'hello', mode=0o600), f('top/implied/deep/x', os.urandom(3 << 20)),
        h('top/lib/copy', 'top/README'), l('top/link', 'lib/run'), l('top/gone', 'missing'))
    """

  init() throws {
    workshop = try Workshop()
    archive = try workshop.archive(Self.script)
    out = workshop.path("out")
    try workshop.shell("mkdir -m 700 out")
  }

  func manifest() throws -> ArchiveManifest { try ArchiveJudge.inspect(archive) }

  @Test func `modes and times are set whatever the umask`() throws {
    try ArchiveExtractor.extract(archive, into: out, manifest: manifest())
    let listing = try workshop.shell("find . -printf '%P %m %y %l\\n' | sort", in: "out")
    #expect(
      listing == """
         755 d 
        README 644 f 
        gone 777 l missing
        implied 755 d 
        implied/deep 755 d 
        implied/deep/x 644 f 
        lib 755 d 
        lib/copy 644 f 
        lib/run 755 f 
        link 777 l lib/run
        """)
    let times = try workshop.shell("stat -c %Y README lib lib/run lib/copy link", in: "out")
    #expect(Set(times.split(separator: "\n")) == ["1700000000"])
  }

  @Test func `a hard link becomes a file of its own`() throws {
    try ArchiveExtractor.extract(archive, into: out, manifest: manifest())
    let listing = try workshop.shell("cat lib/copy; stat -c ' %h' README lib/copy", in: "out")
    #expect(listing == "hello 1\n 1")
  }

  @Test(arguments: ["README/", "./README", "implied//deep", "lib/../README", "lib/"])
  func `a link has exactly its text, and is as it should be with nothing else`(text: String) throws {
    let links = try workshop.archive(
      "tar(f('a/README', b'x'), d('a/lib'), l('a/l', '\(text)'))", name: "links")
    let manifest = try ArchiveJudge.inspect(links)
    try ArchiveExtractor.extract(links, into: out, manifest: manifest)
    #expect(try workshop.shell("readlink l", in: "out") == text)
    try ArchiveExtractor.verifyTree(out, manifest: manifest)
    #expect(try ArchiveExtractor.changedFiles(in: out, manifest: manifest) { _ in false } == [])
    try workshop.shell("ln -sfn '\(text)/' l", in: "out")
    #expect(try ArchiveExtractor.changedFiles(in: out, manifest: manifest) { _ in false } == ["l"])
  }

  @Test(arguments: ["0301", "200d", "fe0f", "20dd"])
  func `a name that begins with a joining mark lies where its slashes say`(code: String) throws {
    let odd = try workshop.archive(
      "tar(d('top/a'), f('top/a/\\u\(code)x/f'), l('top/a/l', '\\u\(code)x/../\\u\(code)x/f'))", name: "odd")
    let manifest = try ArchiveJudge.inspect(odd)
    #expect(manifest.entries.map { $0.path.utf8.count { $0 == UInt8(ascii: "/") } } == [0, 1, 2, 1])
    try ArchiveExtractor.extract(odd, into: out, manifest: manifest)
    try ArchiveExtractor.verifyTree(out, manifest: manifest)
    let listing = try workshop.shell("find . -mindepth 1 -printf '%d %y\\n' | sort; cat a/l", in: "out")
    #expect(listing == "1 d\n2 d\n2 l\n3 f\nx")
  }

  @Test(.asRoot) func `the owner is given to everything`() throws {
    let owner = FileOwner(userID: 12345, groupID: 54321)
    let manifest = try manifest()
    try ArchiveExtractor.extract(archive, into: out, manifest: manifest, owner: owner)
    let owners = try workshop.shell("find . -printf '%U:%G\\n' | sort -u", in: "out")
    #expect(owners == "12345:54321")
    try ArchiveExtractor.verifyTree(out, manifest: manifest, owner: owner)
    #expect(throws: ArchiveError.self) {
      try ArchiveExtractor.verifyTree(out, manifest: manifest, owner: FileOwner(userID: 0, groupID: 0))
    }
  }

  @Test func `progress grows to the whole`() throws {
    var reports: [ArchiveProgress] = []
    try ArchiveExtractor.extract(archive, into: out, manifest: manifest()) { progress in
      reports.append(progress)
      return .goOn
    }
    let last = try #require(reports.last)
    #expect(last.entries == last.totalEntries)
    #expect(last.bytes == last.totalBytes)
    #expect(last.bytes == 3 << 20 + 9 + 5 + 5)
    #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.bytes <= $1.bytes && $0.entries <= $1.entries })
    #expect(reports.contains { $0.bytes > 1 << 20 && $0.bytes < 3 << 20 })
  }

  @Test func `an extraction can be cancelled`() throws {
    #expect(throws: ArchiveError.cancelled(archive)) {
      try ArchiveExtractor.extract(archive, into: out, manifest: manifest()) {
        $0.bytes > 1 << 20 ? .cancel : .goOn
      }
    }
  }

  @Test func `a directory that holds something is left alone`() throws {
    try workshop.shell("echo mine > README", in: "out")
    #expect(throws: ArchiveError.directoryNotEmpty(out)) {
      try ArchiveExtractor.extract(archive, into: out, manifest: manifest())
    }
    #expect(try workshop.shell("cat *", in: "out") == "mine")
  }

  @Test func `a symlink in the directory's place is not followed`() throws {
    try workshop.shell("mkdir real; ln -s real link")
    #expect(throws: ArchiveError.self) {
      try ArchiveExtractor.extract(archive, into: workshop.path("link"), manifest: manifest())
    }
    #expect(try workshop.shell("ls -A real") == "")
  }

  @Test(arguments: [
    "tar(f('top/README', b'hellO'), f('top/b'), l('top/c', 'b'), d('top/d'))",
    "tar(f('top/README', b'hello!'), f('top/b'), l('top/c', 'b'), d('top/d'))",
    "tar(f('top/README', b'hello', mode=0o755), f('top/b'), l('top/c', 'b'), d('top/d'))",
    "tar(f('top/README', b'hello'), l('top/c', 'b'), d('top/d'))",
    "tar(f('top/README', b'hello'), f('top/b'), f('top/e'), l('top/c', 'b'), d('top/d'))",
    "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'README'), d('top/d'))",
    "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'))",
    "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'), d('top/d'), d('top/e'))",
    "tar(f('top/README', b'hello'), h('top/b', 'top/README'), l('top/c', 'b'), d('top/d'))",
    "tar(f('top/README', b'hello'), f('top/b'), l('top/c', '/etc'), d('top/d'))",
    "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'), d('top/d'), f('../../x'))",
    "write(raw(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'), d('top/d')), lzma.compress)",
  ])
  func `an archive that is not the one judged is refused`(other: String) throws {
    let judged = try workshop.archive(
      "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'), d('top/d'))", name: "judged")
    let manifest = try ArchiveJudge.inspect(judged)
    let swapped = try workshop.archive(other, name: "swapped")
    do {
      try ArchiveExtractor.extract(swapped, into: out, manifest: manifest)
      Issue.record("taken")
    } catch {
      switch error {
      case .notAsJudged, .refused: break
      default: Issue.record("\(error)")
      }
    }
    #expect(try workshop.shell("ls -A") == "a\njudged\nout\nswapped")
  }

  @Test(arguments: [
    ("\"mode\":420", "\"mode\":493"), ("\"target\":\"b\"", "\"target\":\"/etc\""),
    ("\"kind\":\"directory\"", "\"kind\":\"file\""),
  ])
  func `a kept manifest that was changed is refused`(old: String, new: String) throws {
    let judged = try workshop.archive("tar(f('top/b'), l('top/c', 'b'), d('top/d'))", name: "judged")
    let kept = String(decoding: try JSONEncoder().encode(ArchiveJudge.inspect(judged)), as: UTF8.self)
    let changed = kept.replacingOccurrences(of: old, with: new)
    #expect(changed != kept)
    let manifest = try JSONDecoder().decode(ArchiveManifest.self, from: Data(changed.utf8))
    do {
      try ArchiveExtractor.extract(judged, into: out, manifest: manifest)
      Issue.record("taken")
    } catch {
      guard case .notAsJudged = error else { throw error }
    }
  }

  @Test func `the one judged is taken`() throws {
    let script = "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'), d('top/d'))"
    let judged = try workshop.archive(script, name: "judged")
    try ArchiveExtractor.extract(judged, into: out, manifest: ArchiveJudge.inspect(judged))
  }

  @Test(.asRoot) func `a full disk is named with the path`() throws {
    try workshop.shell("mount -t tmpfs -o size=1m none out")
    defer { umount(out.string) }
    let file = out.appending("implied/deep/x")
    #expect(throws: ArchiveError.file(FileError(.write, file, .noSpace))) {
      try ArchiveExtractor.extract(archive, into: out, manifest: manifest())
    }
  }

  @Test func `a missing directory is named`() throws {
    let missing = workshop.path("missing")
    #expect(throws: ArchiveError.file(FileError(.open, missing, .noSuchFileOrDirectory))) {
      try ArchiveExtractor.extract(archive, into: missing, manifest: manifest())
    }
  }

  @Test func `attributes of the archive are not taken`() throws {
    try workshop.shell(
      """
      mkdir src; echo a > src/a
      /usr/bin/python3 -c 'import os; os.setxattr("src/a", "user.note", b"x")'
      tar --xattrs --xattrs-include='*' --owner=4711 --group=4711 --numeric-owner -czf b src
      """)
    let other = workshop.path("b")
    try ArchiveExtractor.extract(other, into: out, manifest: ArchiveJudge.inspect(other))
    #expect(try workshop.shell("stat -c '%u %g' a", in: "out") == "\(geteuid()) \(getegid())")
    let program = "import os; print(os.listxattr('a'))"
    #expect(try workshop.run("/usr/bin/python3", ["-c", program], in: "out") == "[]")
  }
}
