import Release
import Testing

@testable import Inventory
@testable import Coordinator

@Suite struct AmountTests {
  @Test(arguments: [("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400), ("0s", 0)])
  func `durations are seconds`(_ text: String, _ seconds: Int) throws {
    #expect(try Amount.seconds(text) == seconds)
  }

  @Test(arguments: ["", "s", "-1s", "1.5h", "90", "90 s", "1h30m", "٣s", "367d", "99999999999999999999s"])
  func `what is no duration is refused`(_ text: String) {
    #expect(throws: Wrong.self) { try Amount.seconds(text) }
  }

  @Test(
    arguments: [("64MiB", 67_108_864), ("10GB", 10_000_000_000), ("1kB", 1_000), ("7B", 7)]
      as [(String, Int64)])
  func `sizes are bytes`(_ text: String, _ bytes: Int64) throws {
    #expect(try Amount.bytes(text) == bytes)
  }

  @Test(arguments: ["", "64", "64mib", "-1GB", "9999999999TiB"])
  func `what is no size is refused`(_ text: String) {
    #expect(throws: Wrong.self) { try Amount.bytes(text) }
  }

  @Test(arguments: [
    (">=8.16.0", "8.16.0", true), (">=8.16.0", "8.15.13", false), (">=8.9", "8.10.0", true),
    ("<9", "8.99.99", true), ("<9", "9.0.0", false), ("=4.2.0", "4.2.0", true), ("4.2", "4.2.0", true),
    (">=4.0.0 <5", "4.9.0", true), (">=4.0.0, <5", "5.0.0", false), (">4.2.0", "4.2.0", false),
    ("<=4.2.0", "4.2.0", true), ("<9", "9.0.0-rc.1", true),
    (">=5.18", "5.18", true), (">=5.18", "5.9", false), (">=2026.08.1", "2026.8.1", true),
    (">=8.16.0.1", "8.16.0", false), (">=1.3.0", "1.3.0-1", true), (">=1.2.0", "1.2.0-5-gabc1234", true),
  ])
  func `a range holds versions`(_ range: String, _ version: String, _ isIn: Bool) throws {
    #expect(try #require(VersionRange(range)).contains(try #require(Version(version))) == isIn)
  }

  @Test(arguments: ["", " ", "^8", "~8", ">= 8", "v8", ">=8.x", "8.16.0.1.2", ">=", "=="])
  func `what is no range is refused`(_ text: String) {
    #expect(VersionRange(text) == nil)
  }
}
