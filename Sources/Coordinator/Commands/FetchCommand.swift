import Driver
import Text
import Inventory
import Catalogue
import Report
import ArgumentParser
import Release
import SystemPackage
import Wire

struct FetchCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch and verify a release now, so that an upgrade needs no network.",
    discussion: """
      A tag whose identity (commit, tree) is no longer the one in fleet.lock is refused (6); --accept shows both and \
      takes the new one, after asking.

      Examples:
        fleet fetch --track v4
        fleet fetch --to 4.2.0
        fleet fetch --accept 4.2.0
        fleet fetch --to 4.2.0 --arch aarch64    where each architecture has an archive of its own
      """)

  @Option(name: .long, help: ArgumentHelp("The newest on this track.", valueName: "track"))
  var track: String?
  @Option(name: .long, help: ArgumentHelp("This release.", valueName: "version"))
  var to: String?
  @Option(
    name: .long, help: ArgumentHelp("This release, also with another identity.", valueName: "version"))
  var accept: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The archive for such hosts, where the release has one for each: aarch64 or x86_64.",
      valueName: "architecture"))
  var arch: String?
  @OptionGroup var common: CommonOptions

  struct Value: Encodable {
    var release: ReleaseName
    var verified: [String]
    var file: String
  }

  func validate() throws {
    guard [track, to, accept].count(where: { $0 != nil }) == 1 else {
      throw ValidationError("Say which release: --track v4, --to 4.2.0 or --accept 4.2.0.")
    }
    if let track { _ = try Parsing.track(track) }
    if let version = to ?? accept { _ = try Parsing.release(version) }
    if let arch, !AssetRule.architectures.contains(arch) {
      throw ValidationError(
        "--arch is \(AssetRule.architectures.joined(separator: " or ")), as uname -m says it on a host.")
    }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    guard let profile = session.fleet.profiles.first else { throw UsageError("there is no profile") }
    let catalogue = try context.catalogue(session.fleet)
    let list = try await catalogue.list(of: profile.source)
    let tag = try tag(
      among: list.entries.map(\.sourceTag),
      passedOver: Wording.passedOver(list.passedOver, of: profile.source),
      source: profile.source, session)
    let shelf = ReleaseShelf(
      session: session, catalogue: catalogue, source: try source(of: tag, among: list, profile, session),
      verify: profile.verify)
    guard let release = try await fetch(tag, shelf, session) else { return .interrupted }
    let value = Value(release: release.name, verified: release.verified, file: release.file.string)
    try session.show(value) {
      let commit = release.name.commit.map { "   commit \($0.prefix(7))" } ?? ""
      session.print(
        "\(tag)\(commit)   verified: \(release.verified.joined(separator: ", "))   "
          + sizeText(release.name.size))
    }
    return .good
  }

  /// The source of the archive that is meant.
  private func source(
    of tag: TagName, among list: CatalogueList, _ profile: Profile, _ session: Session
  ) throws(CatalogueError) -> ReleaseSource {
    let offered = list.entries.first { $0.tag == tag.text }?.sourceTag.architectures
    guard profile.source.asset?.isPerArchitecture ?? (offered != nil) else { return profile.source }
    let ways = offered ?? AssetRule.architectures
    guard !ways.isEmpty else { throw .notFound("\(tag) lacks its archive, or has not got it yet") }
    guard let arch = arch ?? (ways.count == 1 ? ways.first : nil) else {
      let words = ways.map { visible($0, limit: 40) }
      let again = session.typed.command(
        accept == nil ? "fetch --to" : "fetch --accept", [tag.text, "--arch", words.first ?? "aarch64"])
      throw .notFound(
        "\(tag) has an archive for each architecture (\(words.joined(separator: ", "))); this takes one: \(again)"
      )
    }
    guard ways.contains(arch) else {
      let others = ways.map { visible($0, limit: 40) }.joined(separator: ", ")
      throw .notFound(
        "\(tag) has no archive for \(arch); there is one for: \(others)")
    }
    return profile.source.made(for: arch)
  }

  /// nil: the person does not accept the new identity.
  private func fetch(
    _ tag: TagName, _ shelf: ReleaseShelf, _ session: Session
  ) async throws -> FetchedRelease? {
    do throws(CatalogueError) {
      return try await shelf.fetch(tag)
    } catch {
      guard case .changed(let text) = error, accept != nil else { throw error }
      session.warn(text)
      guard try await session.prompter.confirm("Take the new identity of \(tag)?") else { return nil }
      return try await shelf.fetch(tag, accept: true)
    }
  }

  private func tag(
    among tags: [SourceTag], passedOver: String?, source: ReleaseSource, _ session: Session
  ) throws -> TagName {
    let rest = passedOver.map { "\n\($0)" } ?? ""
    if let track = try track.map({ try Parsing.track($0) }) {
      let found = Selection.choose(from: tags, track: track, installed: nil, skip: session.skipped).newest
      guard let found else { throw CatalogueError.notFound("no release lies on track \(track)\(rest)") }
      return try known(found, session).tag
    }
    guard let wish = try (to ?? accept).map({ try Parsing.release($0).meant(in: source) }),
      let found = Candidate.find(
        wish.version, channel: wish.channel ?? "", spelled: wish.text, in: tags)
    else {
      throw CatalogueError.notFound(
        "there is no release \(to ?? accept ?? ""); \(session.typed.command("releases")) lists what there is\(rest)"
      )
    }
    return try known(found, session).tag
  }

  /// Never one of several that are not the same.
  private func known(_ found: Candidate, _ session: Session) throws(CatalogueError) -> Candidate {
    guard found.isAmbiguous else { return found }
    let one = session.typed.command("fetch --to", [found.tag.text])
    throw .notFound("\(Wording.ambiguous(found)); \(one) names one of them")
  }
}
