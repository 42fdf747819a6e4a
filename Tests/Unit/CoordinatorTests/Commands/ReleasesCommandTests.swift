import CoordinatorSupport
import Release
import Testing

@testable import Coordinator

/// What `fleet releases` tells beside the releases, and where else it is told.
@Suite struct ReleasesCommandTests {
  private func run(
    _ arguments: [String], _ bench: TestBench, _ catalogue: SimulatedCatalogue, version: String = "4.2.0"
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(["veg"]), connector: SimulatedFleet([("veg", version)]), catalogue: catalogue))
  }

  private static let others = ["release-notes", "latest", "nightly", "v4"]
  private static let passedOver = "4 tags are no versions (latest, nightly, release-notes, …)."

  @Test func `tags that are no versions are counted where there is nothing to go to`() async throws {
    let bench = try TestBench()
    let catalogue = SimulatedCatalogue(tags: ["v4.2.0"], others: Self.others)
    #expect(await run(["releases"], bench, catalogue) == 0)
    #expect(bench.output.hasSuffix("\(Self.passedOver)\n"))
    bench.forget()
    #expect(await run(["plan", "-o", "json"], bench, catalogue) == 0)
    #expect(bench.output.contains(Self.passedOver))
    // What no one could mean as a version hides nothing: it would stand below each look for ever.
    for arguments in [["plan"], ["status"], ["upgrade", "-y"]] {
      bench.forget()
      #expect(await run(arguments, bench, catalogue) == 0)
      #expect(!(bench.output + bench.errors).contains("no versions"), "\(arguments)")
    }
    bench.forget()
    #expect(await run(["upgrade", "-y", "-q"], bench, catalogue) == 0)
    #expect(bench.output.isEmpty && bench.errors.isEmpty)
    bench.forget()
    #expect(await run(["releases", "--track", "v7"], bench, catalogue) == 6)
    #expect(bench.errors.contains("no release lies on track v7\n\(Self.passedOver)"))
    bench.forget()
    #expect(await run(["plan"], bench, catalogue, version: "4.1.0") == 0)
    #expect(!bench.output.contains("no versions"))
  }

  @Test func `a tag that may be meant as a version is told where nobody goes, whatever is asked`()
    async throws
  {
    let bench = try TestBench()
    for (tags, others) in [
      (["v4.2.0"], ["latest", "release 4.3.0"]), (["v4.2.0"], ["v4_3_0"]), (["v4.2.0"], ["2026-11-28"]),
      ([], ["latest"]),
    ] {
      let catalogue = SimulatedCatalogue(tags: tags, others: others)
      for arguments in [["plan"], ["status"], ["upgrade", "-y"]] {
        bench.forget()
        _ = await run(arguments, bench, catalogue)
        #expect((bench.output + bench.errors).contains("no version"), "\(arguments)")
      }
    }
  }

  @Test func `where there is no release at all, a prefix that would make some is told`() async throws {
    let bench = try TestBench()
    let catalogue = SimulatedCatalogue(tags: [], others: ["app/v4.2.0", "app/v4.1.0", "latest"])
    #expect(await run(["releases"], bench, catalogue) == 0)
    #expect(
      bench.output == """
        There is no release.
        3 tags are no versions (app/v4.1.0, app/v4.2.0, latest). Written in the profile, tag_prefix: "app/v" under \
        source reads 2 of them as versions.

        """)
  }

  @Test func `what is not offered is told with its reason`() async throws {
    let bench = try TestBench()
    var catalogue = SimulatedCatalogue(tags: ["v4.1.0", "v4.2.0", "v4.3.0", "v4.4.0", "v4.0.9"])
    catalogue.standings = ["v4.2.0": .prerelease, "v4.3.0": .pulled, "v4.4.0": .draft, "v4.0.9": .pulled]
    #expect(await run(["releases"], bench, catalogue) == 0)
    #expect(
      bench.output == """
        TRACK  NEWEST  RELEASES  NOTE
        v4     v4.1.0  1
        v4.4.0 is a draft.
        v4.3.0 was pulled: its tag is there, its release is not any more; fleet upgrade --to v4.3.0 takes it \
        all the same.
        v4.2.0 is a pre-release; fleet upgrade --to v4.2.0 takes it all the same.

        """)
    bench.forget()
    #expect(await run(["releases", "--track", "v4"], bench, catalogue) == 0)
    let notes = bench.output.split(separator: "\n").dropFirst().map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).dropFirst().joined(separator: " ")
    }
    #expect(notes == ["v4.4.0 draft", "v4.3.0 pulled", "v4.2.0 pre-release", "v4.1.0", "v4.0.9 pulled"])
    bench.forget()
    #expect(await run(["releases", "--track", "v4", "-o", "json"], bench, catalogue) == 0)
    #expect(bench.output.contains(#""standing":"pulled""#) && !bench.output.contains(#""notes""#))
  }

  @Test func `two tags of one version are told, and whether they are the same`() async throws {
    let bench = try TestBench()
    var catalogue = SimulatedCatalogue(tags: ["v4.2.0", "4.2.0", "v4.1.0", "4.1"])
    let (one, other) = (String(repeating: "a", count: 40), String(repeating: "b", count: 40))
    catalogue.commits = ["v4.2.0": one, "4.2.0": other, "v4.1.0": one, "4.1": one]
    #expect(await run(["releases", "--track", "v4"], bench, catalogue) == 0)
    #expect(bench.output.contains("not the same as 4.2.0\n") && bench.output.contains("also 4.1\n"))
    #expect(await run(["fetch", "--track", "v4"], bench, catalogue) == 6)
    #expect(
      bench.errors.contains("are one version, and not the same release; fleet fetch --to v4.2.0 names one"))
    #expect(await run(["fetch", "--to", "4.2"], bench, catalogue) == 6)
    bench.forget()
    #expect(await run(["fetch", "--to", "4.2.0"], bench, catalogue) == 0)
    #expect(bench.output.hasPrefix("4.2.0 "))
  }

  @Test func `notes are shown where they are asked for, with their control characters visible`() async throws
  {
    let bench = try TestBench()
    var catalogue = SimulatedCatalogue(tags: ["v4.1.0", "v4.2.0"])
    catalogue.notes = ["v4.2.0": "## Fixed\n\n- pumps\u{1b}[2J"]
    #expect(await run(["releases"], bench, catalogue) == 0)
    #expect(!bench.output.contains("pumps"))
    bench.forget()
    #expect(await run(["releases", "--notes"], bench, catalogue) == 0)
    #expect(bench.output.hasSuffix("\nv4.2.0\n  ## Fixed\n  - pumps\\u{1b}[2J\n"))
    #expect(await run(["releases", "--notify", "--notes"], bench, catalogue) == 64)
  }
}
