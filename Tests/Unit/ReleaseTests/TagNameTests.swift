import Release
import Testing

@Suite struct TagNameTests {
  @Test(arguments: [
    ("v4.2.0", "", "4.2.0"), ("4.2.0", "", "4.2.0"), ("exp-v4.9.0", "exp", "4.9.0"),
    ("exp-v4.9.0-rc.1", "exp", "4.9.0-rc.1"), ("v5.0.0-beta", "", "5.0.0-beta"),
    ("my-app-v1.0.0", "my-app", "1.0.0"), ("4.2.0-v1", "", "4.2.0-v1"), ("a-v1-v2.0.0", "a-v1", "2.0.0"),
    ("v4.2", "", "4.2"), ("5.18", "", "5.18"), ("v2026.08.1", "", "2026.08.1"), ("v1.2.0.1", "", "1.2.0.1"),
    ("v1.3.0-1", "", "1.3.0-1"), ("exp-v4.9", "exp", "4.9"), ("v04.2.0", "", "04.2.0"),
  ])
  func `a tag names a channel and a version`(text: String, channel: String, version: String) throws {
    let tag = try #require(TagName(text))
    #expect(tag.text == text)
    #expect(tag.channel == channel)
    #expect(tag.version.description == version)
  }

  @Test(arguments: [
    "", "v", "latest", "v4", "nightly-2026-11-22", "-v4.2.0", "exp-4.2.0", "V4.2.0", "vv4.2.0",
    "exp v-v4.2.0", "exp/v4.2.0", "../-v4.2.0", "v4.2.0 ", "app/v1.2.3", "release-1.2.3", "v4.2.0/x",
    "é-v1.0.0",
  ])
  func `other names are no releases`(text: String) {
    #expect(TagName(text) == nil)
  }

  @Test func `pre-releases are recognised`() {
    #expect(TagName("v5.0.0-beta")?.version.isPrerelease == true)
    #expect(TagName("v5.0.0+build")?.version.isPrerelease == false)
  }
}
