import Release
import Files
import Foundation
import Synchronization
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Catalogue
@testable import Coordinator

@Suite struct FetchTests {
  @Test func `a release is fetched verified and listed`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let release = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    #expect(release.name.version == "4.1.0")
    #expect(release.name.tag == "v4.1.0")
    let (commit, tree) = try await GrowroomReleases.ids(double.repository, "v4.1.0")
    #expect(release.name.commit == commit && release.name.tree == tree)
    // Not "tls": the double speaks plain HTTP.
    #expect(release.verified == ["commit", "tree"])
    #expect(try FileStatus.of(release.file).sizeBytes == release.name.size)
    let sum = try await tool("/usr/bin/sha256sum", [release.file.string]).prefix(64)
    #expect(String(sum) == release.name.sha256)
    #expect(release.unpackedBytes > release.name.size)
  }

  @Test func `the listing names every file with its blob`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let release = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let listing = try #require(release.listing)
    let bytes = try readBounded(listing.file, maxBytes: ReleaseListing.maxBytes)
    #expect(Int64(bytes.count) == listing.artifact.size)
    let sum = try await tool("/usr/bin/sha256sum", [listing.file.string]).prefix(64)
    #expect(String(sum) == listing.artifact.sha256)
    let files = try JSONDecoder().decode(ReleaseListing.self, from: Data(bytes)).files
    let expected = try await tool(
      "/usr/bin/git",
      [
        "-c", "safe.directory=*", "-c", "core.quotePath=false", "-C", double.repository.string, "ls-tree",
        "-r", "-z", "--format=%(objectname) %(path)", "v4.1.0",
      ])
    let names = Set(expected.split(separator: "\0").map(String.init))
    #expect(Set(files.map { "\($0.blob) \($0.path)" }) == names)
  }

  @Test func `progress is told while it comes and not afterwards`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"framing": "length"}"#)
    let told = Mutex<[FetchProgress]>([])
    let release = try await desk.catalogue { $0.progressMilliseconds = 0 }.fetch(
      TagName(written: "v4.1.0"), of: double.source(), verify: .full, acceptChanged: false
    ) { progress in told.withLock { $0.append(progress) } }
    let progress = told.withLock { $0 }
    #expect(progress.last == FetchProgress(bytes: release.name.size, total: release.name.size))
    #expect(progress.map(\.bytes) == progress.map(\.bytes).sorted())
  }

  @Test func `a cut download is tried again`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"cut_after_bytes": 8000, "cut_times": 2}"#)
    let release = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    #expect(release.verified == ["commit", "tree"])
    #expect(try await double.downloads().count == 3)
  }

  @Test func `a download that is always cut ends and the next fetch succeeds`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"cut_after_bytes": 8000, "cut_times": 3}"#)
    let catalogue = desk.catalogue { $0.downloadAttempts = 3 }
    let text = await refusal(.source) { try await catalogue.fetch("v4.1.0", of: double.source()) }
    #expect(text.contains("cut off"))
    #expect(desk.lockText == nil)
    _ = try await catalogue.fetch("v4.1.0", of: double.source())
  }

  @Test func `an archive over the limit is not taken`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let text = await refusal(.source) {
      try await desk.catalogue { $0.maxArchiveBytes = 10_000 }.fetch("v4.1.0", of: double.source())
    }
    #expect(text.contains("larger than 10000 bytes"))
    let sizes = try desk.cached("archive.part").map { try FileStatus.of($0).sizeBytes }
    #expect(sizes == [0])
  }

  @Test func `a source that does not answer in time is given up`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"api_delay_ms": 3000}"#)
    let text = await refusal(.source) {
      try await desk.catalogue { $0.answerTimeoutSeconds = 0.3 }.fetch("v4.1.0", of: double.source())
    }
    #expect(text.contains("too slow"))
  }

  @Test func `an archive that does not come in time is given up`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"stall_after_bytes": 8000}"#)
    let text = await refusal(.source) {
      try await desk.catalogue { $0.downloadTimeoutSeconds = 0.5 }.fetch("v4.1.0", of: double.source())
    }
    #expect(text.contains("too slow"))
  }

  @Test func `a tag that is not there is not found and one that is near is named`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let text = await refusal(.notFound) {
      try await desk.catalogue().fetch("v4.1.9", of: double.source())
    }
    #expect(text.contains("did you mean \"v4.1."))
  }

  @Test(arguments: ["latest", "v4", "", "../../etc", "v4.1.0/../x"])
  func `what is no tag of a release is not asked for`(tag: String) async throws {
    let desk = try Desk()
    _ = await refusal(.notFound) {
      try await desk.catalogue().fetch(
        tag, of: .github(repository: "o/r", api: "http://127.0.0.1:1", tokenVariable: nil))
    }
  }

  @Test func `cancelling ends the download`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"stall_after_bytes": 8000}"#)
    let catalogue = desk.catalogue()
    let task = Task {
      await refusal(.source) { try await catalogue.fetch("v4.1.0", of: double.source()) }
    }
    while try await double.downloads().isEmpty {}
    task.cancel()
    #expect(await task.value == "cancelled")
  }

  @Test func `progress is not told at every packet but at the end`() {
    var limits = CatalogueLimits()
    limits.progressMilliseconds = 3_600_000
    var told: [Int64] = []
    let teller = ProgressTeller(limits: limits) { told.append($0.bytes) }
    for bytes in [1, 2, 3, 10] as [Int64] { teller.note(FetchProgress(bytes: bytes, total: 10)) }
    #expect(told == [1, 10])
  }
}
