internal import ArgumentParser
internal import Release
internal import Wire

struct ReleasesCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "releases",
    abstract: "List the releases that there are.",
    discussion: """
      Without --track the newest of each track, with it every release on that track, the newest first.

      With --notify the hosts are asked what they have, and whom notify in fleet.yaml names is told of each \
      release that hosts would go to, once. For cron or a systemd timer; prints what it told, so nothing when \
      there is nothing new.

      Examples:
        fleet releases
        fleet releases --track v4
        fleet releases --track exp-v4 -o json
        fleet releases --notify -q
      """)

  @Option(name: .long, help: ArgumentHelp("Only this track.", valueName: "track"))
  var track: String?
  @Flag(name: .long, help: "Tell whom notify names of releases that hosts would go to.")
  var notify = false
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var tag: String
    var version: String
    var track: String
    var releases: Int?
    var fetched: Bool
    var skipped: Bool
  }

  func validate() throws {
    if let track { _ = try Parsing.track(track) }
    if notify, track != nil {
      throw ValidationError("--notify goes by the hosts' own tracks, without --track.")
    }
  }

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    guard !notify else { return try await NewReleases(session: session).tell() }
    guard let profile = session.fleet.profiles.first else { throw UsageError("there is no profile") }
    let entries = try await bench.catalogue(session.fleet).entries(of: profile.source)
    let fetched = Set(entries.filter(\.fetched).map(\.tag))
    let skipped = Set(session.fleet.skip.compactMap { TagName($0)?.version })
    let all = Candidate.all(in: entries.map { SourceTag(name: $0.tag, commit: nil) })
    func row(_ candidate: Candidate, _ track: Track, _ count: Int?) -> Row {
      Row(
        tag: visible(candidate.tag.text), version: "\(candidate.version)", track: "\(track)",
        releases: count, fetched: fetched.contains(candidate.tag.text),
        skipped: skipped.contains(candidate.version))
    }
    let rows: [Row]
    if let track = try track.map({ try Parsing.track($0) }) {
      rows = all.filter { track.contains($0.tag, includePrereleases: true) }.reversed().map {
        row($0, track, nil)
      }
      guard !rows.isEmpty else { throw CatalogueError.notFound("no release lies on track \(track)") }
    } else {
      rows = newest(all).map { row($0.newest, $0.track, $0.count) }
    }
    try session.show(rows) {
      session.table(
        ["TRACK", "RELEASE", track == nil ? "OF" : "", "NOTE"],
        rows.map { row in
          let notes = [row.fetched ? "fetched" : nil, row.skipped ? "skipped in fleet.yaml" : nil]
          return [
            row.track, row.tag, row.releases.map { "\($0)" } ?? "",
            notes.compactMap { $0 }.joined(separator: ", "),
          ]
        })
    }
    return .good
  }

  /// The newest that is no pre-release, of each channel and major; the newest major first.
  private func newest(_ all: [Candidate]) -> [(track: Track, newest: Candidate, count: Int)] {
    let groups = Dictionary(grouping: all.filter { !$0.version.isPrerelease }) {
      Track(majorOf: $0.version, channel: $0.tag.channel)
    }
    return groups.compactMap { track, list in list.last.map { (track, $0, list.count) } }
      .sorted { ($0.track.channel, $1.track.major) < ($1.track.channel, $0.track.major) }
  }
}
