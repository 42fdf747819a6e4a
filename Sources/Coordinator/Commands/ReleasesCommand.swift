import Driver
import Inventory
import Catalogue
import Text
import Report
import ArgumentParser
import ByteText
import Release
import Wire

struct ReleasesCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "releases",
    abstract: "List the releases that there are.",
    discussion: """
      Without --track the newest of each track, with it every release on that track, the newest first. What the \
      source has beside them is counted below: tags that are no versions, and releases that are not offered by \
      themselves. With --notes what their makers wrote about them follows: on GitHub, else in the changelog that \
      the profile names (notes), of a release that was fetched.

      With --notify the hosts are asked what they have, and whom notify in fleet.yaml names is told of each release \
      that hosts would go to, once. For cron or a systemd timer: it prints what it told, so nothing when there is \
      nothing new, and exits with 0 also where nobody could be told; the next run tries again.

      Examples:
        fleet releases
        fleet releases --track v4
        fleet releases --track exp-v4 -o json
        fleet releases --track v4.2 --notes
        fleet releases --notify -q
      """)

  @Option(name: .long, help: ArgumentHelp("Only this track.", valueName: "track"))
  var track: String?
  @Flag(name: .long, help: "Show the makers' notes, too.")
  var notes = false
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
    /// What the source says of it: released, prerelease, draft, pulled or unpublished.
    var standing: String
    /// Other tags of the same version.
    var also: [String]
    /// Whether those are something else.
    var ambiguous: Bool
    /// Those that it has an archive for; nil: one is for all of them.
    var architectures: [String]?
    /// Only with --notes.
    var notes: String?

    var remarks: String {
      let words: [String?] = [
        fetched ? "fetched" : nil, skipped ? "skipped in fleet.yaml" : nil,
        TagStanding(rawValue: standing).flatMap { Wording.standing($0) },
        architectures.flatMap { $0.isEmpty ? nil : "for \(Wording.list($0))" },
        also.isEmpty ? nil : (ambiguous ? "not the same as " : "also ") + Wording.list(also),
      ]
      return words.compactMap { $0 }.joined(separator: ", ")
    }
  }

  func validate() throws {
    if let track { _ = try Parsing.track(track) }
    if notify, track != nil || notes {
      throw ValidationError("--notify goes by the hosts' own tracks, without --track and --notes.")
    }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    guard !notify else { return try await NewReleases(session: session).tell() }
    guard let profile = session.fleet.profiles.first else { throw UsageError("there is no profile") }
    let catalogue = try context.catalogue(session.fleet)
    let list = try await catalogue.list(of: profile.source)
    let entries = Dictionary(list.entries.map { ($0.tag, $0) }, uniquingKeysWith: { first, _ in first })
    let passedOver = Wording.passedOver(list.passedOver, of: profile.source)
    let skipped = Set(session.fleet.skip.compactMap { TagName($0)?.version })
    let all = Candidate.all(in: list.entries.map(\.sourceTag))
    func row(_ candidate: Candidate, _ track: Track, _ count: Int?) -> Row {
      Row(
        tag: visible(candidate.tag.text), version: "\(candidate.version)", track: "\(track)",
        releases: count, fetched: entries[candidate.tag.text]?.fetched ?? false,
        skipped: skipped.contains(candidate.version), standing: candidate.standing.rawValue,
        also: candidate.twins.map { visible($0.tag.text) }, ambiguous: candidate.isAmbiguous,
        architectures: candidate.architectures?.map { visible($0, limit: 40) },
        notes: nil)
    }
    var rows: [Row]
    if let track = try track.map({ try Parsing.track($0) }) {
      rows = all.filter { track.contains($0.tag, includePrereleases: true) }.reversed().map {
        row($0, track, nil)
      }
      guard !rows.isEmpty else {
        let rest = passedOver.map { "\n\($0)" } ?? ""
        throw CatalogueError.notFound("no release lies on track \(track)\(rest)")
      }
    } else {
      rows = newest(all).map { row($0.newest, $0.track, $0.count) }
    }
    if notes { await add(to: &rows, all, profile, catalogue, session) }
    let lines = (track == nil ? heldBack(all) : []) + [passedOver].compactMap { $0 }
    try session.show(rows) {
      if rows.isEmpty { session.print("There is no release.") } else { table(rows, session) }
      lines.forEach(session.print)
    }
    if session.output == .json { lines.forEach(session.aside) }
    return .good
  }

  private func table(_ rows: [Row], _ session: Session) {
    session.table(
      ["TRACK", track == nil ? "NEWEST" : "RELEASE", track == nil ? "RELEASES" : "", "NOTE"],
      rows.map { [$0.track, $0.tag, $0.releases.map { "\($0)" } ?? "", $0.remarks] })
    for row in rows {
      guard let notes = row.notes else { continue }
      session.print("\n\(row.tag)")
      notes.textLines.forEach { session.print("  \($0)") }
    }
    let missing = rows.filter { $0.notes == nil }.map(\.tag)
    if notes, !missing.isEmpty { session.print("\nNo notes for \(Wording.list(missing)).") }
  }

  /// The notes of the releases in the table; why there may be more is told beside.
  private func add(
    to rows: inout [Row], _ all: [Candidate], _ profile: Profile, _ catalogue: any ReleaseCatalogue,
    _ session: Session
  ) async {
    let tags = Set(rows.map(\.tag))
    let shown = all.filter { tags.contains(visible($0.tag.text)) }
    let wish = NotesWish(of: shown, file: profile.notesFile, asks: true)
    let found = await catalogue.notes(wish, of: profile.source)
    found.troubles.forEach { session.aside("Not all notes are here: \(session.typed.words($0)).") }
    for release in shown {
      let notes = ReleaseNotes(of: [release], texts: found.texts).releases.first?.text
      if let row = rows.firstIndex(where: { $0.tag == visible(release.tag.text) }) { rows[row].notes = notes }
    }
  }

  /// What is newer than the newest of its track, and why it is not offered.
  private func heldBack(_ all: [Candidate]) -> [String] {
    let newest = newest(all)
    return all.filter { held in
      guard !held.standing.isOffered, !held.version.isPrerelease else { return false }
      let same = newest.first {
        $0.track.major == held.version.major && $0.track.channel == held.tag.channel
      }
      return same.map { $0.newest.version < held.version } ?? true
    }.suffix(Self.maxHeldBack).reversed().compactMap { Wording.heldBack($0).map { "\($0)." } }
  }

  private static let maxHeldBack = 5

  /// The newest that is offered, of each channel and major; the newest major first.
  private func newest(_ all: [Candidate]) -> [(track: Track, newest: Candidate, count: Int)] {
    let groups = Dictionary(grouping: all.filter { !$0.isPrerelease && $0.standing.isOffered }) {
      Track(majorOf: $0.version, channel: $0.tag.channel)
    }
    return groups.compactMap { track, list in list.last.map { (track, $0, list.count) } }
      .sorted { ($0.track.channel, $1.track.major) < ($1.track.channel, $0.track.major) }
  }
}
