import Archive
import SystemPackage
import Testing

/// Archives that a careless extractor would write outside the tree with, or choke on. Each is refused by the
/// first pass, which writes nothing.
@Suite struct HostileTarTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let script: String
    let refusal: ArchiveRefusal
    init(_ script: String, _ refusal: ArchiveRefusal) {
      self.script = script
      self.refusal = refusal
    }
    var testDescription: String { script }
  }

  static let names = [
    Case("tar(f('/etc/x'))", .absoluteName),
    Case("tar(f('//etc/x'))", .absoluteName),
    Case("tar(f('../x'))", .parentInName),
    Case("tar(f('top/../\\u0301x'))", .parentInName),
    Case("tar(f('top/a'), d('top/..\\u200d/../\\ufe0fx'))", .parentInName),
    Case("tar(f('top/a/\\u0301' + 'b' * 254 + '/c'))", .nameTooLong(bytes: 256, limit: 255)),
    Case("tar(f('..'))", .parentInName),
    Case("tar(f('top/../../x'))", .parentInName),
    Case("tar(f('top/a'), f('top/b/../c'))", .parentInName),
    Case("tar(d('top/..'))", .parentInName),
    Case("tar(f('top/a'), f('top//b'))", .untidyName),
    Case("tar(f('top/./b'))", .untidyName),
    Case("tar(f('././top/b'))", .untidyName),
    Case("tar(l('top/a/', 'b'))", .untidyName),
    Case("tar(f('top/..\\\\x'))", .backslash),
    Case("tar(f('C:\\\\x'))", .backslash),
    Case("tar(f('top/a\\x1b[2J'))", .controlCharacter),
    Case("tar(f('top/a\\nb'))", .controlCharacter),
    Case("tar(f('top/a\\x7f'))", .controlCharacter),
    Case("tar(f('top/a\\u0085'))", .controlCharacter),
    Case("tar(f('top/a\\udcff'), format=tarfile.GNU_FORMAT)", .notUTF8),
    Case("tar(f('top/a\\udcff'))", .notUTF8),
    Case("tar(f('top/' + 'a/' * 2100 + 'x'))", .pathTooLong(bytes: 4205, limit: 4096)),
    Case("tar(f('top/' + 'a/' * 63 + 'x'))", .tooDeep(levels: 65, limit: 64)),
    Case("tar(f('top/' + 'a' * 256))", .nameTooLong(bytes: 256, limit: 255)),
    Case("tar(f('top/a'), f('top/a'))", .duplicate),
    Case("tar(d('top'), d('top'), f('top/a'))", .duplicate),
    Case("tar(d('top/a'), f('top/a/b'), d('top/a'))", .duplicate),
    Case("tar(f('top/a/b'), f('top/a'))", .duplicate),
    Case("tar(f('top/a'), d('top/a'))", .duplicate),
    Case("tar(f('top/a'), l('top/a', 'b'))", .duplicate),
    Case("tar(f('top/README'), f('top/readme'))", .differsOnlyInCase(from: "README")),
    Case("tar(f('top/Lib/a'), f('top/lib/b'))", .differsOnlyInCase(from: "Lib")),
    Case("tar(f('top/stra\\u00dfe'), f('top/STRASSE'))", .differsOnlyInCase(from: "straße")),
    Case("tar(f('top/\\u00e9'), f('top/e\\u0301'))", .duplicate),
    Case("tar(f('top/a'), f('top/a/b'))", .belowNoDirectory("a")),
    Case("tar(l('top/a', 'b'), f('top/a/x'))", .belowNoDirectory("a")),
    Case("tar(d('top/b'), l('top/a', 'b'), f('top/a/x'))", .belowNoDirectory("a")),
    Case("tar(f('top/a'), f('Top/b'))", .differsOnlyInCase(from: "top")),
    Case("tar(f('a'), f('../b'))", .parentInName),
    Case("tar(f('a'), d('.'), d('./'))", .duplicate),
    Case("tar(l('top', '/etc'))", .absoluteTarget("/etc")),
    Case("tar(l('top', '..'))", .targetLeaves("..")),
    Case("tar(l('top', 'x'), f('top/a'))", .belowNoDirectory("top")),
  ]

  static let links = [
    Case("tar(l('top/a', '/etc/passwd'))", .absoluteTarget("/etc/passwd")),
    Case("tar(l('top/a', '..'))", .targetLeaves("..")),
    Case("tar(l('top/a', '../x'))", .targetLeaves("../x")),
    Case("tar(l('top/b/a', '../../x'))", .targetLeaves("../../x")),
    Case("tar(l('top/b/a', '../\\u0301x/../../../etc'))", .targetLeaves("../\u{301}x/../../../etc")),
    Case("tar(l('top/b/a', 'c/..\\u200d/../../../../x'))", .targetLeaves("c/..\u{200D}/../../../../x")),
    Case("tar(l('top/b/a', 'c/../../../x'))", .targetLeaves("c/../../../x")),
    Case("tar(l('top/b/c/d', '../..'), l('top/e', 'b/c/d/../x'))", .targetLeaves("b/c/d/../x")),
    Case("tar(l('top/e', 'd/../x'), l('top/d', '.'))", .targetLeaves("d/../x")),
    Case("tar(l('top/a', 'a'))", .targetCircular("a")),
    Case("tar(l('top/a', 'b'), l('top/b', 'a/x'))", .targetCircular("b")),
    Case("tar(*[l('top/l%d' % i, 'l%d/l%d' % (i + 1, i + 1)) for i in range(60)])", .targetCircular("l1/l1")),
    Case("tar(l('top/a', 'b\\x1b'))", .controlCharacter),
    Case("tar(l('top/a', 'b\\\\c'))", .backslash),
    Case("tar(l('top/a', 'b\\udcff'), format=tarfile.GNU_FORMAT)", .notUTF8),
    Case("tar(l('top/a', ''))", .badTarget("")),
    Case("tar(l('top/a', 'b/' * 2048))", .badTarget(String(repeating: "b/", count: 2048))),
    Case("tar(h('top/a', 'top/b'))", .hardLinkWithoutFile("top/b")),
    Case("tar(h('top/a', 'top/b'), f('top/b'))", .hardLinkWithoutFile("top/b")),
    Case("tar(f('top/x'), h('top/a', '/etc/passwd'))", .absoluteName),
    Case("tar(f('top/x'), h('top/a', '../x'))", .parentInName),
    Case("tar(f('top/x'), h('top/a', 'other/x'))", .hardLinkWithoutFile("other/x")),
    Case("tar(d('top/x'), h('top/a', 'top/x'))", .hardLinkWithoutFile("top/x")),
    Case("tar(l('top/x', 'y'), h('top/a', 'top/x'))", .hardLinkWithoutFile("top/x")),
    Case("tar(f('top/x'), h('top/a', 'top'))", .hardLinkWithoutFile("top")),
    Case("tar(h('top/a', 'top/a'))", .hardLinkWithoutFile("top/a")),
  ]

  static let kinds = [
    Case("tar(member('top/a', tarfile.CHRTYPE, devmajor=1, devminor=3))", .device),
    Case("tar(member('top/a', tarfile.BLKTYPE, devmajor=8))", .device),
    Case("tar(member('top/a', tarfile.FIFOTYPE))", .fifo),
    Case("tar(f('top/a', mode=0o4755))", .specialMode(0o4755)),
    Case("tar(f('top/a', mode=0o2755))", .specialMode(0o2755)),
    Case("tar(f('top/a', mode=0o1644))", .specialMode(0o1644)),
    Case("tar(d('top/a', mode=0o2755))", .specialMode(0o2755)),
    Case("tar(d('top', mode=0o1777), f('top/a'))", .specialMode(0o1777)),
  ]

  /// What a slash is to the kernel is one here, too, whatever stands behind it.
  static let marked = ["0301", "200d", "fe0f", "20dd"].flatMap { code in
    let mark = Unicode.Scalar(UInt32(code, radix: 16) ?? 0).map { String(Character($0)) } ?? ""
    return [
      Case("tar(f('top/a'), d('top/../\\u\(code)x'))", .parentInName),
      Case("tar(f('top/a/../\\u\(code)x'))", .parentInName),
      Case("tar(f('/\\u\(code)x'))", .absoluteName),
      Case("tar(f('top//\\u\(code)x'))", .untidyName),
      Case("tar(f('top/./\\u\(code)x'))", .untidyName),
      Case("tar(f('a'), f('a/\\u\(code)x'))", .belowNoDirectory("a")),
      Case("tar(f('top/b'), f('top/b/\\u\(code)x'))", .belowNoDirectory("b")),
      Case("tar(l('top/b', '.'), f('top/b/\\u\(code)x'))", .belowNoDirectory("b")),
      Case("tar(l('top/b', '/\\u\(code)x'))", .absoluteTarget("/\(mark)x")),
      Case(
        "tar(f('top/a/\\u\(code)x/f'), l('top/b', 'a/\\u\(code)x/../../..'))",
        .targetLeaves("a/\(mark)x/../../..")),
      Case("tar(l('top/b/l', '../\\u\(code)x/../..'))", .targetLeaves("../\(mark)x/../..")),
      Case("tar(l('top/l', 'd/\\u\(code)x/..'), l('top/e', 'l/../..'))", .targetLeaves("l/../..")),
      Case("tar(f('top/x'), h('top/b', '../\\u\(code)x'))", .parentInName),
    ]
  }

  @Test(arguments: names + links + kinds + marked)
  func `is refused`(hostile: Case) throws {
    let workshop = try Workshop()
    let archive = try workshop.archive(hostile.script)
    do {
      let manifest = try ArchiveJudge.inspect(archive)
      Issue.record("taken: \(manifest.entries)")
    } catch {
      guard case .refused(_, _, let refusal) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(refusal == hostile.refusal)
      #expect(!error.description.contains("\u{1b}"))
    }
  }

  @Test func `a sparse file is refused`() throws {
    let workshop = try Workshop()
    try workshop.shell("mkdir top; truncate -s 64M top/a; tar --sparse -czf a.tgz top")
    #expect(throws: ArchiveError.refused(workshop.path("a.tgz"), entry: "top/a", .sparse)) {
      try ArchiveJudge.inspect(workshop.path("a.tgz"))
    }
  }

  @Test func `a hard link with data is refused`() throws {
    let workshop = try Workshop()
    let archive = try workshop.archive("tar(f('top/b', b'one'), h('top/a', 'top/b', b'other'))")
    #expect(throws: ArchiveError.damaged(archive, detail: "Damaged tar archive")) {
      try ArchiveJudge.inspect(archive)
    }
  }
}
