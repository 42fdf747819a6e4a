import Archive
import SystemPackage
import Testing

/// Archives that are small and want to become large.
@Suite struct BombTests {
  func inspect(_ script: String, _ change: (inout ArchiveLimits) -> Void = { _ in }) throws -> ArchiveError? {
    let workshop = try Workshop()
    let archive = try workshop.archive(script)
    var limits = ArchiveLimits.standard
    change(&limits)
    do {
      _ = try ArchiveJudge.inspect(archive, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  func isOutputTooLarge(_ error: ArchiveError?) -> Bool {
    if case .outputTooLarge = error { true } else { false }
  }

  @Test func threeHundredMegabytesOfZerosStopEarly() throws {
    #expect(isOutputTooLarge(try inspect("tar(f('top/a', bytes(300 << 20)))")))
    #expect(isOutputTooLarge(try inspect("zip(('top/a', bytes(300 << 20), 0o100644))")))
  }

  @Test func zerosBehindTheEndOfTheTarStopEarlyToo() throws {
    #expect(isOutputTooLarge(try inspect("write(raw(f('top/a')) + bytes(300 << 20))")))
  }

  @Test func textThatRepeatsItselfIsNoBomb() throws {
    #expect(try inspect("tar(f('top/a', bytes(10 << 20)))") == nil)
  }

  @Test func hardLinksCannotMultiplyAFile() throws {
    let script = "tar(f('top/a', bytes(1 << 20)), *[h('top/%d' % i, 'top/a') for i in range(100)])"
    #expect(isOutputTooLarge(try inspect(script)))
  }

  @Test func moreEntriesThanAllowedAreRefused() throws {
    let script = "tar(*[f('top/%d' % i) for i in range(11)])"
    let error = try inspect(script) { $0.maxEntries = 10 }
    guard case .refused(_, "top/10", .tooManyEntries(10))? = error else {
      Issue.record("taken")
      return
    }
  }

  @Test func impliedDirectoriesCountAsEntries() throws {
    let script = "tar(f('top/a/b/c/d/e'), f('top/b/b/c/d/e'))"
    guard case .refused(_, "top/b/b/c/d/e", .tooManyEntries(8))? = try inspect(script, { $0.maxEntries = 8 })
    else {
      Issue.record("taken")
      return
    }
  }

  @Test func aFileLargerThanAllowedIsRefusedByItsHeader() throws {
    guard
      case .refused(_, "top/a", .fileTooLarge(99))? = try inspect(
        "tar(f('top/a', bytes(100)))", { $0.maxFileBytes = 99 })
    else {
      Issue.record("taken")
      return
    }
  }

  @Test func aHeaderThatAnnouncesExbibytesIsRefused() throws {
    let script = """
      info, _ = f('top/a')
      info.size = 1 << 62
      write(info.tobuf(tarfile.GNU_FORMAT) + end)
      """
    guard case .refused(_, "top/a", .fileTooLarge)? = try inspect(script) else {
      Issue.record("taken")
      return
    }
  }

  @Test func pathsMayNotFillTheMemory() throws {
    let script = "tar(*[f('top/' + 'a' * 200 + str(i)) for i in range(10)])"
    guard case .refused(_, _, .pathsTooLarge(1000))? = try inspect(script, { $0.maxAllPathsBytes = 1000 })
    else {
      Issue.record("taken")
      return
    }
  }

  @Test func anArchiveLargerThanAllowedIsNotRead() throws {
    let error = try inspect("tar(f('top/a'))") { $0.maxArchiveBytes = 10 }
    guard case .archiveTooLarge(_, _, 10)? = error else {
      Issue.record("taken")
      return
    }
  }
}
