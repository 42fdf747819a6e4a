import Archive
import SystemPackage
import Testing

@Suite struct HostileZipTests {
  func inspect(_ script: String) throws -> ArchiveError? {
    let workshop = try Workshop()
    let archive = try workshop.archive(script)
    do {
      _ = try ArchiveJudge.inspect(archive)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    HostileTarTests.Case("zip(('../x', b'', 0o100644))", .parentInName),
    .init("zip(('/etc/x', b'', 0o100644))", .absoluteName),
    .init("zip(('top/a', b'/etc/passwd', 0o120777))", .absoluteTarget("/etc/passwd")),
    .init("zip(('top/a', b'../..', 0o120777))", .targetLeaves("../..")),
    .init("zip(('top/a', b'b', 0o120777), ('top/a/x', b'', 0o100644))", .belowNoDirectory("a")),
    .init("zip(('top/a', b'', 0o100644), ('top/A', b'', 0o100644))", .differsOnlyInCase(from: "a")),
    .init("zip(('top/a', b'', 0o104755))", .specialMode(0o4755)),
    .init("zip(('top/a', b'', 0o020644))", .device),
    .init("zip(('top/..\\\\x', b'', 0o100644))", .backslash),
    .init("zip(('top/a\\n', b'', 0o100644))", .controlCharacter),
    .init("zip(('top/a', b'', 0o100644), ('b', b'..', 0o120777))", .targetLeaves("..")),
  ])
  func `is refused`(hostile: HostileTarTests.Case) throws {
    guard case .refused(_, _, let refusal)? = try inspect(hostile.script) else {
      Issue.record("not refused: \(try inspect(hostile.script)?.description ?? "taken")")
      return
    }
    #expect(refusal == hostile.refusal)
  }

  @Test func `an encrypted file is refused`() throws {
    let script = """
      zip(('top/a', b'secret', 0o100644))
      content = bytearray(open(out, 'rb').read())
      content[6] |= 1
      content[content.find(b'PK\\x01\\x02') + 8] |= 1
      write(bytes(content), None)
      """
    guard case .refused(_, "top/a", .encrypted)? = try inspect(script) else {
      Issue.record("taken")
      return
    }
  }

  @Test(arguments: ["b'x'", "b'garbage' * 1000", "bytes(30)"])
  func `something behind the end is refused`(garbage: String) throws {
    let script = "zip(('top/a', b'', 0o100644)); open(out, 'ab').write(\(garbage))"
    guard case .trailingData? = try inspect(script) else {
      Issue.record("\(try inspect(script)?.description ?? "taken")")
      return
    }
  }

  @Test func `a cut zip is refused`() throws {
    for cut in [10, 22, 60] {
      let script = """
        zip(('top/a', b'hello', 0o100644))
        content = open(out, 'rb').read()
        write(content[:-\(cut)], None)
        """
      guard case .endMissing? = try inspect(script) else {
        Issue.record("cut by \(cut): taken")
        return
      }
    }
  }

  @Test func `something in front is no zip`() throws {
    let script = """
      zip(('top/a', b'hello', 0o100644))
      content = open(out, 'rb').read()
      write(b'#!/bin/sh' + content, None)
      """
    guard case .notAnArchive? = try inspect(script) else {
      Issue.record("taken")
      return
    }
  }

  @Test func `a wrong checksum is refused`() throws {
    let script = """
      zip(('top/a', b'hello', 0o100644))
      content = bytearray(open(out, 'rb').read())
      content[14] ^= 1
      content[content.find(b'PK\\x01\\x02') + 16] ^= 1
      write(bytes(content), None)
      """
    guard case .damaged? = try inspect(script) else {
      Issue.record("taken")
      return
    }
  }

  @Test func `two names for one entry are not believed`() throws {
    let script = """
      zip(('top/aaaaaaaaaa', b'hello', 0o100644))
      content = bytearray(open(out, 'rb').read())
      content[30:44] = b'../../../etc/x'
      write(bytes(content), None)
      """
    let error = try inspect(script)
    guard case .refused(_, _, .parentInName)? = error else {
      Issue.record("\(error?.description ?? "taken")")
      return
    }
  }
}
