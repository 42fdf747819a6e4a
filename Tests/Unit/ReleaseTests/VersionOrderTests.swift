import Release
import Testing

/// What the endings of versions mean, kind by kind.
@Suite struct VersionOrderTests {
  /// Each line ascends.
  @Test(arguments: [
    // Two to four numbers.
    ["1.2", "1.2.1", "1.3", "1.10", "2.0"], ["5.9", "5.18", "5.18.1"],
    ["1.2.0", "1.2.0.1", "1.2.0.2", "1.2.0.10", "1.2.1"], ["1.2.0.9-rc1", "1.2.0.9"],
    // Calendars, whose leading zeros are no digits.
    ["2026.08.1", "2026.09", "2026.10.0", "2026.11.01"], ["22.04", "22.04.1", "22.10", "24.04"],
    ["2025.12.31", "2026.01.01", "2026.1.02", "2026.02"], ["26.08.09", "26.8.10"],
    // Pre-releases, as all kinds of tools write them.
    ["1.3.0-dev", "1.3.0-alpha", "1.3.0-beta", "1.3.0-rc1", "1.3.0"],
    ["1.3.0.dev0", "1.3.0.dev1", "1.3.0a1", "1.3.0a2", "1.3.0b1", "1.3.0rc1", "1.3.0rc2", "1.3.0"],
    ["1.3.0a1.dev2", "1.3.0a1"], ["1.3rc9", "1.3rc10", "1.3"], ["1.3.0-rc2", "1.3.0-rc10"],
    ["1.3.0-alpha.9", "1.3.0-alpha10"], ["1.3.0~beta1", "1.3.0~rc1", "1.3.0"],
    ["1.2.9", "1.3.0-SNAPSHOT", "1.3.0"],
    ["1.3.0.M1", "1.3.0.RC1", "1.3.0.Final"], ["1.3.0-0", "1.3.0-0.20260801", "1.3.0"],
    ["1.3.0-nightly.20260801", "1.3.0"], ["1.3.0-canary.7", "1.3.0-canary.12", "1.3.0"],
    ["1.2.3", "1.2.4-0.20260801120000-abcdefabcdef", "1.2.4"],
    // Packaging revisions.
    ["1.3.0-rc1", "1.3.0", "1.3.0-1", "1.3.0-2", "1.3.0-10", "1.3.1"],
    ["1.3.0", "1.3.0-1ubuntu1", "1.3.0-1ubuntu2"],
    ["1.3.0", "1.3.0-1.el8", "1.3.0-2.el8"], ["1.3.0", "1.3.0-r1", "1.3.0-r2", "1.3.0-r10"],
    ["1.3.0", "1.3.0-p1", "1.3.0p2"],
    ["1.3.0", "1.3.0.post1.dev3", "1.3.0.post1", "1.3.0.post2", "1.3.1.dev1"],
    ["1.3.0", "1.3.0-hotfix", "1.3.0-hotfix.1", "1.3.0-hotfix2"], ["1.3.0", "1.3.0-patch1", "1.3.1"],
    ["1.3.0", "1.3.0.SP1"], ["1.3.0-rc1", "1.3.0-rc1-1", "1.3.0-rc2"], ["1.3", "1.3-1", "1.3-2", "1.3.1"],
    // Debian's backports: before the revision that they were made of.
    ["1.3.0", "1.3.0-1~bpo12+1", "1.3.0-1", "1.3.0-2~bpo12+1", "1.3.0-2"], ["1.3.0~bpo1", "1.3.0"],
    // Built behind a tag: after it and its revisions, before the next.
    ["1.2.0", "1.2.0-1-gabc1234", "1.2.0-5-gabc1234", "1.2.0-10-gabc1234", "1.2.1-rc1", "1.2.1"],
    ["1.2.0-1", "1.2.0-1-3-gabc1234", "1.2.0-2"], ["1.2.0-9", "1.2.0-5-gabc1234"],
    ["1.3.0-rc1", "1.3.0-rc1-5-gabc1234", "1.3.0-rc2", "1.3.0"], ["1.2", "1.2-5-gabc1234", "1.2.1"],
    ["1.2.0", "1.2.0-dirty", "1.2.0-5-gabc1234", "1.2.0-5-gabc1234-dirty", "1.2.1"],
    ["1.2.0", "1.2.0-0-gabc1234-dirty"], ["1.2.0", "1.2.0.r5.gabc1234"], ["1.2.0", "1.2.0-gabc1234"],
    ["1.2.0", "1.2.0+5.gabc1234", "1.2.0+6.gabc1234"], ["1.2.0", "1.2.0+0.gabc1234.dirty"],
    ["1.2.0", "1.2.0+dirty"], ["1.2.0", "1.2.0+d20260801", "1.2.1"],
    ["1.2.0", "1.2.1.dev5+gabc1234", "1.2.1"],
    ["1.2.0", "1.2.0.post5+gabc1234"], ["2026.08.1", "2026.08.1-3-gabc1234", "2026.08.2"],
    // What nobody can tell is ordered as a pre-release.
    ["1.1.9", "1.2.0-kitchen", "1.2.0"], ["1.2.0-5f3a2b1", "1.2.0"], ["1.2.0-20260801", "1.2.0"],
  ])
  func `versions ascend`(texts: [String]) throws {
    let versions = try texts.map { try #require(Version($0), "\($0)") }
    for (i, one) in versions.enumerated() {
      for (j, other) in versions.enumerated() {
        #expect((one < other) == (i < j), "\(one) and \(other)")
        #expect((one == other) == (i == j), "\(one) and \(other)")
      }
    }
  }

  @Test(arguments: [
    ("1.2", "1.2.0"), ("1.2", "1.2.0.0"), ("2026.08.1", "2026.8.1"), ("22.04", "22.4"), ("01.2.3", "1.2.3"),
    ("1.2.0-0-gabc1234", "1.2.0"), ("1.2.0-0-gabc1234", "1.2.0-0-gdef5678"), ("1.2-0-gabc1234", "1.2.0"),
    ("1.3.0-rc1", "1.3.0rc1"), ("1.3.0-rc.1", "1.3.0-rc1"), ("1.3.0-RC1", "1.3.0-rc1"),
    ("1.3.0a1", "1.3.0-alpha.1"),
    ("1.3.0~rc1", "1.3.0-rc1"), ("1.3.0.Final", "1.3.0"), ("1.3.0-ga", "1.3.0"), ("1.3.0-stable", "1.3.0"),
    ("1.3.0.RELEASE", "1.3"), ("1.3.0-lts", "1.3.0"), ("1.3.0-1", "1.3.0.post1"), ("1.3.0-01", "1.3.0-1"),
    ("1.2.0+local", "1.2.0"), ("1.2.0+k3s1", "1.2.0+k3s2"), ("1.2.0+0.gabc1234", "1.2.0"),
    ("1.2.0+gabc1234", "1.2.0"),
  ])
  func `versions are the same, however they are written`(one: String, other: String) throws {
    let one = try #require(Version(one))
    let other = try #require(Version(other))
    #expect(one == other)
    #expect(!(one < other) && !(other < one))
    #expect(Set([one, other]).count == 1)
  }

  @Test(arguments: [
    ("1.3.0-rc1", true), ("1.3.0.dev0", true), ("1.3.0a1", true), ("1.3.0-0", true), ("1.3.0-kitchen", true),
    ("1.3.0-20260801", true), ("1.3.0-rc1-5-gabc1234", true), ("1.3.0", false), ("1.3.0-1", false),
    ("1.3", false),
    ("1.3.0.post1", false), ("1.3.0-5-gabc1234", false), ("1.3.0-1~bpo12+1", false), ("1.3.0+b", false),
    ("1.3.0.Final", false), ("2026.08.1", false),
  ])
  func `pre-releases are told from the others`(text: String, isPrerelease: Bool) {
    #expect(Version(text)?.isPrerelease == isPrerelease)
  }

  @Test(arguments: [
    ("1.2.0-5-gabc1234", true), ("1.2.0-dirty", true), ("1.2.0+5.gabc1234", true),
    ("1.2.0-rc1-2-gabc1234", true),
    ("1.2.0-gabc1234", true), ("1.2.0-0-gabc1234", false), ("1.2.0-5", false), ("1.2.0", false),
    ("1.2.0-5-gabc", false), ("1.2.0-5-gxyz1234", false), ("1.2.0+gabc1234", false),
  ])
  func `what was built behind a tag is told`(text: String, isBeyond: Bool) {
    #expect(Version(text)?.isBeyondTag == isBeyond)
  }

  @Test(arguments: [
    ("1.2.0-kitchen", true), ("1.2.0-5f3a2b1", true), ("1.2.0-20260801", true), ("1.2.0-x", true),
    ("1.2.0-main", true),
    ("1.2.0-ubuntu1", true), ("1.2.0-rc1", false), ("1.2.0-1", false), ("1.2.0-0.1", false),
    ("1.2.0~bpo1", false),
    ("1.2.0-5-gabc1234", false), ("1.2.0-dirty", false), ("1.2.0+x", false), ("1.2.0.dev3", false),
  ])
  func `what nobody can order is called so`(text: String, isUncertain: Bool) {
    #expect(Version(text)?.isUncertain == isUncertain)
  }

  @Test(arguments: [
    ("1.2.0", "1.2.0", true), ("1.2", "1.2.0", true), ("v1.2.0", "1.2.0", true),
    ("2026.08.1", "2026.8.1", true),
    ("1.2.0+a", "1.2.0", true), ("1.2.0+a", "1.2.0+b", false), ("1.2.0", "1.2.0-1", false),
    ("1.2.0", "1.2.1", false),
    ("exp-v1.2.0", "v1.2.0", false), ("nightly", "nightly", true), ("nightly", "1.2.0", false),
    ("", "", true),
    ("1.2.0-5-gabc1234", "1.2.0", false), ("1.2.0-rc1", "1.2.0", false),
  ])
  func `a version that was read back proves another spelling of it, and no other one`(
    one: String, other: String, isSame: Bool
  ) {
    #expect(Version.isSame(one, other) == isSame)
    #expect(Version.isSame(other, one) == isSame)
  }
}
