import Release
import Testing

@Suite struct TrackTests {
  @Test(arguments: [
    ("v4", "v4"), ("4", "v4"), ("v4.1", "v4.1"), ("4.1", "v4.1"), ("exp-v4", "exp-v4"),
    ("exp-v4.1", "exp-v4.1"), ("v0", "v0"),
  ])
  func `a track is read and written`(text: String, canonical: String) {
    #expect(Track(text)?.description == canonical)
  }

  @Test(arguments: ["", "v", "v4.", "v4.1.2", "v04", "latest", "exp-4", "-v4", "v4.x", "v-4", "v4 "])
  func `other texts are no tracks`(text: String) {
    #expect(Track(text) == nil)
  }

  @Test(arguments: [
    ("v4", "v4.0.0", true), ("v4", "4.9.1", true), ("v4", "v40.1.2", false), ("v4", "v5.0.0", false),
    ("v4", "exp-v4.9.0", false), ("exp-v4", "exp-v4.9.0", true), ("exp-v4", "v4.9.0", false),
    ("v4.1", "v4.1.16", true), ("v4.1", "v4.10.0", false), ("v4.1", "v4.2.0", false),
    ("v4", "v4.3.0-rc.1", false), ("v4", "v4.2", true), ("v4.2", "v4.2", true), ("v4.2", "4.2.0.7", true),
    ("v4.1", "v4.2", false), ("v5", "5.18", true), ("v5.18", "5.18", true), ("v5.1", "5.18", false),
    ("v2026", "v2026.08.1", true), ("v2026.8", "v2026.08.1", true), ("v1.3", "v1.3.0-1", true),
    ("v1", "v1.2.0-5-gabc1234", false),
  ])
  func `a track holds its releases`(track: String, tag: String, isIn: Bool) throws {
    #expect(try #require(Track(track)).contains(#require(TagName(tag))) == isIn)
  }

  @Test func `pre-releases are there when asked for`() throws {
    let track = try #require(Track("v4"))
    #expect(try track.contains(#require(TagName("v4.3.0-rc.1")), includePrereleases: true))
  }

  @Test func `the track of an install is its major`() {
    #expect(Track(majorOf: Version(8, 16, 0), channel: "").description == "v8")
    #expect(Track(majorOf: Version(8, 16, 0), channel: "exp").description == "exp-v8")
  }
}
