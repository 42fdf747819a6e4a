import TestSupport
import Testing
@testable import Wire

@Suite struct RequestBoundsTests {
  private static var requests: [Request] {
    let release = ReleaseName(version: "4.1.0", tag: "v4.1.0", commit: "c", tree: nil, sha256: "00", size: 7)
    let profile = RoundTripTests.profile
    return [
      .probe(profiles: [profile]), .health(profile), .backups(profile),
      .claim(
        app: "a",
        Claim(rollout: "r", who: "w", inventory: nil, sinceMilliseconds: 1, lifetimeSeconds: 2)),
      .stage(StageOrder(job: "j", release: release, unpackedBytes: 9, profile: profile)),
      .cutover(CutoverOrder(app: "a", job: "j", lifetimeSeconds: 3, confirmWithinSeconds: 60, seen: 4)),
      .follow(app: "a", job: "j", after: 5), .logs(app: "a", job: nil, lines: 6),
      .rollback(RollbackOrder(job: "j", backup: nil, profile: profile)),
    ]
  }

  /// Sizes of files are left as they are said: they are refused where they are taken.
  private static let said = ["size"]

  @Test(arguments: requests) func `what can be stays as it was said`(request: Request) {
    #expect(request.bounded == request)
  }

  @Test(arguments: requests) func `no number of a request is out of what can be`(request: Request) throws {
    let sample = NumberedJSON(try JSON.encode(request))
    #expect(!sample.places.isEmpty)
    for place in sample.places.indices {
      for text in ["9223372036854775807", "-9223372036854775808"] {
        let bytes = sample.replacing { $0 == place ? text : nil }
        guard let read = try? JSON.decode(Request.self, from: bytes) else { continue }
        let before = String(decoding: sample.bytes[..<sample.places[place].lowerBound], as: UTF8.self)
        guard !Self.said.contains(where: { before.hasSuffix("\"\($0)\":") }) else { continue }
        let numbers = NumberedJSON(try JSON.encode(read.bounded)).numbers
        #expect(!numbers.contains(text), "\(before)\(text)")
      }
    }
  }
}
