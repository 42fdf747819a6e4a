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

  @Test func `three hundred megabytes of zeros stop early`() throws {
    #expect(isOutputTooLarge(try inspect("tar(f('top/a', bytes(300 << 20)))")))
    #expect(isOutputTooLarge(try inspect("zip(('top/a', bytes(300 << 20), 0o100644))")))
  }

  @Test func `zeros behind the end of the tar stop early too`() throws {
    #expect(isOutputTooLarge(try inspect("write(raw(f('top/a')) + bytes(300 << 20))")))
  }

  @Test func `text that repeats itself is no bomb`() throws {
    #expect(try inspect("tar(f('top/a', bytes(10 << 20)))") == nil)
  }

  @Test func `hard links cannot multiply a file`() throws {
    let script = "tar(f('top/a', bytes(1 << 20)), *[h('top/%d' % i, 'top/a') for i in range(100)])"
    #expect(isOutputTooLarge(try inspect(script)))
  }

  @Test func `more entries than allowed are refused`() throws {
    let script = "tar(*[f('top/%d' % i) for i in range(11)])"
    let error = try inspect(script) { $0.maxEntries = 10 }
    guard case .refused(_, "top/10", .tooManyEntries(10))? = error else {
      Issue.record("taken")
      return
    }
  }

  @Test func `implied directories count as entries`() throws {
    let script = "tar(f('top/a/b/c/d/e'), f('top/b/b/c/d/e'))"
    guard case .refused(_, "top/b/b/c/d/e", .tooManyEntries(8))? = try inspect(script, { $0.maxEntries = 8 })
    else {
      Issue.record("taken")
      return
    }
  }

  @Test func `a file larger than allowed is refused by its header`() throws {
    guard
      case .refused(_, "top/a", .fileTooLarge(99))? = try inspect(
        "tar(f('top/a', bytes(100)))", { $0.maxFileBytes = 99 })
    else {
      Issue.record("taken")
      return
    }
  }

  @Test func `a header that announces exbibytes is refused`() throws {
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

  @Test func `paths may not fill the memory`() throws {
    let script = "tar(*[f('top/' + 'a' * 200 + str(i)) for i in range(10)])"
    guard case .refused(_, _, .pathsTooLarge(1000))? = try inspect(script, { $0.maxAllPathsBytes = 1000 })
    else {
      Issue.record("taken")
      return
    }
  }

  @Test func `an archive larger than allowed is not read`() throws {
    let error = try inspect("tar(f('top/a'))") { $0.maxArchiveBytes = 10 }
    guard case .archiveTooLarge(_, _, 10)? = error else {
      Issue.record("taken")
      return
    }
  }
}
