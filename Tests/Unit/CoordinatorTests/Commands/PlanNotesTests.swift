import CoordinatorSupport
import Foundation
import Release
import Synchronization
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Driver
@testable import Inventory
@testable import Store

/// What is new in a release, and what is known against it, as a person meets it.
@Suite struct PlanNotesTests {
  private static func catalogue(_ notes: [String: String]) -> SimulatedCatalogue {
    var catalogue = SimulatedCatalogue(tags: ["v4.0.26", "v4.1.0", "v4.1.16", "v4.2.0", "v5.0.0"])
    catalogue.notes = notes
    return catalogue
  }

  private static let known = [
    "v4.2.0": "## Fixed\r\n\r\n- pumps\u{1b}[2J", "v4.1.0": "old", "v5.0.0": "major",
  ]

  private func advise(_ fleet: inout Fleet, _ advisory: Advisory) {
    for index in fleet.hosts.indices { fleet.hosts[index].profiles[0].advisories = [advisory] }
  }

  @Test func `plan --notes tells what is new between, the newest first, and what has none`() async throws {
    let bench = try TestBench()
    #expect(
      await ThreeRooms.run(["plan"], ThreeRooms.fleet(), bench, catalogue: Self.catalogue(Self.known)) == 0)
    #expect(!bench.output.contains("pumps"))
    bench.forget()
    #expect(
      await ThreeRooms.run(
        ["plan", "--notes"], ThreeRooms.fleet(), bench, catalogue: Self.catalogue(Self.known)) == 0)
    #expect(
      bench.output.contains(
        """
        What is new in v4.2.0, the newest first:
        v4.2.0
          ## Fixed
          - pumps\\u{1b}[2J
        No notes for 4.1.16.
        next: fleet upgrade
        """), "\(bench.output)")
    #expect(!bench.output.contains("old") && !bench.output.contains("huge"))
  }

  @Test func `the same for programs, and only where it is asked for`() async throws {
    struct Told: Decodable, Equatable {
      struct News: Decodable, Equatable {
        struct Release: Decodable, Equatable {
          var tag: String
          var version: String
          var text: String?
        }
        var tag: String
        var releases: [Release]
        var leftOut: Int
      }
      var notes: [News]?
    }
    let bench = try TestBench()
    func told(_ arguments: [String]) async throws -> Told {
      bench.forget()
      _ = await ThreeRooms.run(arguments, ThreeRooms.fleet(), bench, catalogue: Self.catalogue(Self.known))
      return try SnakeJSON.decoder.decode(Told.self, from: Data(bench.output.utf8))
    }
    #expect(try await told(["plan", "-o", "json"]).notes == nil)
    let notes = try await told(["plan", "--notes", "-o", "json"]).notes
    #expect(
      notes == [
        .init(
          tag: "v4.2.0",
          releases: [
            .init(tag: "v4.2.0", version: "4.2.0", text: "## Fixed\n\n- pumps\\u{1b}[2J"),
            .init(tag: "v4.1.16", version: "4.1.16", text: nil),
          ], leftOut: 0)
      ])
  }

  @Test func `notes that cannot be had are told beside the plan, and change nothing of it`() async throws {
    let bench = try TestBench()
    var catalogue = Self.catalogue([:])
    catalogue.notesTrouble = "api.github.com answers 500"
    #expect(await ThreeRooms.run(["plan", "--notes"], ThreeRooms.fleet(), bench, catalogue: catalogue) == 0)
    #expect(bench.errors.contains("Not all notes are here: api.github.com answers 500.\n"))
    #expect(
      bench.output.contains("No notes for 4.2.0 and 4.1.16.\n") && !bench.output.contains("What is new"))
    #expect(bench.output.contains("next: fleet upgrade"))
    let hosts = ThreeRooms.fleet()
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench, catalogue: catalogue) == 0)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.2.0", "dry": "4.2.0"])
  }

  @Test func `an upgrade asks for no notes, and what lies here goes into its report and onto its page`()
    async throws
  {
    let bench = try TestBench()
    let wishes = Wishes()
    var catalogue = Self.catalogue(Self.known)
    catalogue.hearsNotes = { wishes.add($0) }
    #expect(
      await ThreeRooms.run(["upgrade", "-y"], ThreeRooms.fleet(), bench, catalogue: catalogue) {
        $0.hosts[1].profiles[0].notesFile = "CHANGELOG.md"
      } == 0)
    #expect(wishes.all.map(\.asks) == [false])
    #expect(wishes.all.first?.tags.map(\.name) == ["v4.2.0", "v4.1.16"])
    #expect(wishes.all.first?.file == "CHANGELOG.md")
    bench.forget()
    #expect(await ThreeRooms.run(["report", "-o", "json"], ThreeRooms.fleet(), bench) == 0)
    let first =
      ###""notes":{"left_out":0,"releases":[{"tag":"v4.2.0","text":"## Fixed\n\n- pumps\\u{1b}[2J""###
    #expect(bench.output.contains(first))
    #expect(bench.output.contains(#"{"tag":"v4.1.16","text":null,"version":"4.1.16"}"#))
    bench.forget()
    #expect(await ThreeRooms.run(["report", "--html", "-"], ThreeRooms.fleet(), bench) == 0)
    #expect(
      bench.output.contains(
        """
        <details class="notes"><summary>What is new in v4.2.0, the newest first</summary>
        <h3>v4.2.0</h3>
        <pre>## Fixed
        - pumps\\u{1b}[2J
        </pre>
        <p class="quiet">No notes for 4.1.16.</p>
        </details>
        """), "\(bench.output)")
    bench.forget()
    // Who went back by hand crossed nothing.
    #expect(await ThreeRooms.run(["report"], ThreeRooms.fleet(), bench) == 0)
    #expect(!bench.output.contains("pumps"))
  }

  @Test func `releases --notes names what has none, and tells why there may be more`() async throws {
    let bench = try TestBench()
    var catalogue = Self.catalogue(["v4.1.16": "b", "v4.0.26": "a\r\nc"])
    catalogue.notesTrouble = "CHANGELOG.md of v4.2.0 is not in the cache: fleet fetch --to v4.2.0 brings it"
    #expect(
      await ThreeRooms.run(
        ["releases", "--track", "v4", "--notes"], ThreeRooms.fleet(), bench, catalogue: catalogue)
        == 0)
    #expect(
      bench.output.hasSuffix("\nv4.1.16\n  b\n\nv4.0.26\n  a\n  c\n\nNo notes for v4.2.0 and v4.1.0.\n"),
      "\(bench.output)")
    #expect(bench.errors.contains("not in the cache: fleet fetch --to v4.2.0 brings it.\n"))
  }

  @Test func `what is known against a release is told in the plan, with where more of it stands`()
    async throws
  {
    let bench = try TestBench()
    let advisory = Advisory(
      .versions(try #require(VersionRange("=4.2.0"))), why: "pumps run\u{1b}", link: "https://example.org/7")
    let said = "Known of veg, flower and dry: pumps run\\u{1b} (https://example.org/7)\n"
    #expect(await ThreeRooms.run(["plan"], ThreeRooms.fleet(), bench) { advise(&$0, advisory) } == 0)
    #expect(bench.output.contains(said))
    bench.forget()
    #expect(
      await ThreeRooms.run(["plan", "-o", "json"], ThreeRooms.fleet(), bench) { advise(&$0, advisory) } == 0)
    #expect(
      bench.output.contains(
        #""advisories":[{"link":"https://example.org/7","refuse":false,"why":"pumps run\\u{1b}"}]"#))
    bench.forget()
    // Before the question, and to who has it.
    let hosts = ThreeRooms.fleet()
    #expect(await ThreeRooms.run(["upgrade"], hosts, bench, answers: ["yes"]) { advise(&$0, advisory) } == 0)
    #expect(bench.output.contains(said))
    bench.forget()
    #expect(await ThreeRooms.run(["plan"], hosts, bench) { advise(&$0, advisory) } == 0)
    #expect(bench.output.contains("Nothing to do.\n\(said)"))
  }

  @Test func `a host whose way is known to be bad is refused, and told which other it has`() async throws {
    let bench = try TestBench()
    let advisory = Advisory(
      .jump(from: try #require(VersionRange("<4.2")), to: try #require(VersionRange(">=4.2"))),
      why: "it cannot migrate", link: "https://example.org/7", refuses: true)
    let hosts = SimulatedFleet([("veg", "4.1.0"), ("flower", "4.0.26"), ("dry", "4.2.0")])
    let catalogue = Self.catalogue([:])
    func run(_ arguments: [String]) async -> Int32 {
      bench.forget()
      return await ThreeRooms.run(arguments, hosts, bench, catalogue: catalogue) { advise(&$0, advisory) }
    }
    let words = "it cannot migrate (https://example.org/7); fleet upgrade --to v4.1.16 veg goes round it"
    #expect(await run(["plan"]) == 2)
    let plan = bench.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(plan.contains("refused: \(words)") && !bench.output.contains("Known of"), "\(plan)")
    #expect(plan.contains("--to v4.1.16 flower goes round it"))
    #expect(await run(["upgrade", "-y"]) == 2)
    #expect(hosts.versions() == ["veg": "4.1.0", "flower": "4.0.26", "dry": "4.2.0"])
    #expect(await run(["upgrade", "-y", "--retry", "-o", "json"]) == 2)
    #expect(
      bench.output.contains(#""reason":{"code":"advisory","log_tail":[],"text":"\#(words)"}"#),
      "\(bench.output)")
    // The way that is named is one, and then there is no other left.
    #expect(await run(["upgrade", "-y", "--to", "v4.1.16", "veg"]) == 0)
    #expect(hosts.versions()["veg"] == "4.1.16")
    #expect(await run(["upgrade", "-y", "--to", "4.2.0", "veg"]) == 2)
    #expect(bench.output.contains("no release on track v4 goes round it"))
    // Who means it says so in fleet.yaml.
    #expect(
      await ThreeRooms.run(["upgrade", "-y", "--to", "4.2.0", "veg"], hosts, bench, catalogue: catalogue) == 0
    )
    #expect(hosts.versions()["veg"] == "4.2.0")
  }

  @Test func `one that is refused keeps none of the others, and is in their report`() async throws {
    let bench = try TestBench()
    let advisory = Advisory(
      .jump(from: try #require(VersionRange("<4.1")), to: try #require(VersionRange(">=4.2"))),
      why: "too far",
      refuses: true)
    let hosts = SimulatedFleet([("veg", "4.1.0"), ("flower", "4.0.26"), ("dry", "4.1.0")])
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { advise(&$0, advisory) } == 2)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.0.26", "dry": "4.2.0"])
    bench.forget()
    #expect(await ThreeRooms.run(["report", "--html", "-"], hosts, bench) { advise(&$0, advisory) } == 2)
    #expect(
      bench.output.contains("<p class=\"note\">too far; fleet upgrade --to v4.1.0 flower goes round it</p>"))
  }
}

private final class Wishes: Sendable {
  private let kept = Mutex<[NotesWish]>([])
  var all: [NotesWish] { kept.withLock { $0 } }
  func add(_ wish: NotesWish) { kept.withLock { $0.append(wish) } }
}
