import Release
import Testing

@Suite struct TagStandingTests {
  private func judged(
    _ tags: [String], _ releases: [String: TagStanding], gone: Set<String> = [], isWhole: Bool = true
  ) -> [String: TagStanding] {
    let known = TagStanding.Known(releases: releases, gone: gone, isWhole: isWhole)
    let judged = TagStanding.judged(tags.map { SourceTag(name: $0, commit: nil) }, by: known)
    return Dictionary(uniqueKeysWithValues: judged.map { ($0.name, $0.standing) }).filter {
      $0.value != .released
    }
  }

  private let five = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"]

  private func released(_ tags: some Sequence<String>) -> [String: TagStanding] {
    Dictionary(uniqueKeysWithValues: tags.map { ($0, .released) })
  }

  @Test func `where nobody makes releases, or few do, tags are as good as ever`() {
    #expect(judged(five, [:]).isEmpty)
    #expect(judged(five, released(["v1.1.0"])).isEmpty)
    #expect(judged(five, released(["v1.0.0", "v1.1.0"])).isEmpty)
    // Three have one, two of later date have none: no custom.
    #expect(judged(five, released(["v1.0.0", "v1.1.0", "v1.2.0"])).isEmpty)
  }

  @Test func `one without a release among those that have theirs is conspicuous`() {
    #expect(judged(five, released(five.dropLast())) == ["v1.4.0": .unpublished])
    #expect(judged(five, released(five.filter { $0 != "v1.2.0" })) == ["v1.2.0": .unpublished])
    // The custom began with 1.1.0.
    #expect(judged(five, released(five.dropFirst())).isEmpty)
    // Pre-releases by name, other channels and other names need none.
    #expect(judged(five + ["v1.5.0-rc1", "exp-v1.9.0", "latest"], released(five)).isEmpty)
    // On a page that is not the last one nobody can tell.
    #expect(judged(five, released(five.dropLast()), isWhole: false).isEmpty)
  }

  @Test func `what was there and is gone is pulled, also where releases are no custom`() {
    #expect(judged(five, [:], gone: ["v1.4.0"]) == ["v1.4.0": .pulled])
    #expect(judged(five, released(["v1.4.0"]), gone: ["v1.4.0"]).isEmpty)
    #expect(judged(five, released(["v1.0.0"]), gone: ["v1.4.0"], isWhole: false) == ["v1.4.0": .pulled])
  }

  @Test func `drafts and pre-releases are what they are called`() {
    #expect(
      judged(five, ["v1.4.0": .draft, "v1.3.0": .prerelease]) == ["v1.4.0": .draft, "v1.3.0": .prerelease])
  }
}
