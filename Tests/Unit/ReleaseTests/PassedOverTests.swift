import Release
import Testing

@Suite struct PassedOverTests {
  @Test(
    arguments: [
      (["release-1.0.0", "release-1.1.0", "latest"], "release-", 2),
      (["app/v1.0.0", "app/v1.1.0", "web/v3.0.0"], "app/v", 2), (["V1.2.3"], "V", 1),
      (["version_1.2", "version_1.3"], "version_", 2), (["pkg@1.2.0", "pkg@1.3.0"], "pkg@", 2),
      (["release_2.0", "v2-final"], nil, 0), (["latest", "nightly", "v4"], nil, 0), ([], nil, 0),
      (["nightly-2026-11-22", "nightly-2026-11-23"], nil, 0),
      ([String(repeating: "x", count: 101) + "1.2.0"], nil, 0),
    ] as [([String], String?, Int)])
  func `a prefix that versions stand behind is found`(names: [String], prefix: String?, count: Int) {
    let passed = PassedOver(names)
    #expect(passed.prefix == prefix)
    #expect(passed.behindPrefix == count)
    #expect(passed.count == names.count)
    #expect(PassedOver(names.reversed()) == passed)
  }

  @Test func `a few are named, in the order of their names, and each is counted once`() {
    let passed = PassedOver(["v4", "latest", "nightly", "stable", "latest"])
    #expect(passed.count == 4)
    #expect(passed.examples == ["latest", "nightly", "stable"])
  }
}
