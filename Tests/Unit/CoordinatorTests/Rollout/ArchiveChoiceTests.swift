import Release
import SystemPackage
import Testing
import Wire

@testable import Coordinator
@testable import Driver
@testable import Inventory

@Suite struct ArchiveChoiceTests {
  private static let perArchitecture = ReleaseSource.gitea(
    url: "https://x.org/o/r", asset: AssetRule(name: "a-{arch}"))
  private static let index = ReleaseSource.index(url: "https://x.org/r.json")

  private func choice(_ source: ReleaseSource, _ offered: [String]?, _ architecture: String?) throws -> String
  {
    let tag = try #require(TagName("v1.2.0"))
    let tags = [
      SourceTag(name: "v1.1.0", commit: nil), SourceTag(name: "v1.2.0", commit: nil, architectures: offered),
    ]
    switch ArchiveChoice(tag, of: source, among: tags, for: architecture) {
    case .from(let source): return source.architecture ?? "any"
    case .none(let cause): return "\(cause.code.rawValue): \(cause.text)"
    }
  }

  @Test(
    arguments: [
      (perArchitecture, nil, "aarch64", "aarch64"),
      (perArchitecture, ["x86_64", "aarch64"], "x86_64", "x86_64"),
      (index, nil, "aarch64", "any"), (index, ["aarch64"], "aarch64", "aarch64"),
      (.directory("/srv"), nil, "aarch64", "any"),
      (.gitea(url: "https://x.org/o/r", asset: AssetRule(name: "a")), nil, "aarch64", "any"),
      (.github(repository: "o/r", api: "a", tokenVariable: nil), nil, nil, "any"),
    ] as [(ReleaseSource, [String]?, String?, String)])
  func `an archive is chosen by the host's architecture where there is one for each`(
    source: ReleaseSource, offered: [String]?, architecture: String?, says: String
  ) throws {
    #expect(try choice(source, offered, architecture) == says)
  }

  @Test(
    arguments: [
      (perArchitecture, ["x86_64"], "aarch64", "only for x86_64"),
      (index, ["x86_64", "s390x"], "aarch64", "s390x"),
      (index, [], "aarch64", "none at all"), (perArchitecture, nil, nil, "does not say"),
      (perArchitecture, nil, "", "does not say"), (index, ["a\u{1B}"], "aarch64", "a\\u{1b}"),
      (perArchitecture, ["x86_64"], "x\u{1B}", "x\\u{1b}"),
    ] as [(ReleaseSource, [String]?, String?, String)])
  func `without one the host is refused`(
    source: ReleaseSource, offered: [String]?, architecture: String?, says: String
  ) throws {
    let said = try choice(source, offered, architecture)
    #expect(said.hasPrefix("architecture: ") && said.contains(says), "\(said)")
  }
}
