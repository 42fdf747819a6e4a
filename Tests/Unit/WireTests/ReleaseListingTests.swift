import Testing

@testable import Wire

@Suite struct ReleaseListingTests {
  @Test(arguments: [0, 1, 2, 999, 1_000, 1_001, 2_500])
  func `encoded in parts it is what it is encoded at once`(_ count: Int) throws {
    let listing = ReleaseListing(
      files: (0..<count).map { .init(path: "a/\"b\"/ü\\\($0)\n", blob: "\($0)") })
    let bytes = try listing.encoded()
    #expect(bytes == (try JSON.encode(listing)))
    #expect(try JSON.decode(ReleaseListing.self, from: bytes) == listing)
  }
}
