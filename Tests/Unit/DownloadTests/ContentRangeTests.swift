@testable import Download
import TestSupport
import Testing

@Suite("A Content-Range") struct ContentRangeTests {
  @Test func `says where a part begins and how long the whole is`() {
    #expect(ContentRange("bytes 100-199/200")?.first == 100)
    #expect(ContentRange("bytes 100-199/200")?.total == 200)
    #expect(ContentRange("Bytes 0-1/*")?.total == nil)
    #expect(ContentRange("bytes */200")?.first == nil)
    #expect(ContentRange("bytes */200")?.total == 200)
  }

  @Test(arguments: JoiningMarks.all)
  func `is cut at its bytes, whatever is joined to them`(mark: String) {
    #expect(ContentRange("bytes 0-1/\(mark)2/3") == nil)
    #expect(ContentRange("bytes 5-\(mark)9/10")?.first == 5)
    #expect(ContentRange("bytes 5-9/\(mark)10")?.total == nil)
  }

  @Test(arguments: [nil, "", "bytes", "bytes 1-2", "items 0-1/2", "bytes 1/2/3"])
  func `that is none is none`(value: String?) {
    #expect(ContentRange(value) == nil)
  }
}
