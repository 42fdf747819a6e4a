import Testing

@testable import Inventory
@testable import Coordinator

@Suite struct WindowTests {
  @Test func `days and times are read`() throws {
    let weekend = try Window("Sat,Sun 10:00-16:00")
    #expect(weekend.days == [.sat, .sun])
    #expect(weekend.opens == 600)
    #expect(weekend.closes == 960)
    #expect(try Window("Mon-Fri 8:00-17:00").days == [.mon, .tue, .wed, .thu, .fri])
    #expect(try Window("Fri-Mon,Wed 00:00-24:00").days == [.fri, .sat, .sun, .mon, .wed])
  }

  @Test func `without days it is every day, and may run over midnight`() throws {
    let night = try Window("22:00-06:00")
    #expect(night.days.count == 7)
    #expect(night.opens > night.closes)
  }

  @Test(arguments: ["23:00-00:00", "Sat 10:00-0:00"])
  func `one that closes at midnight closes as one that closes at 24:00`(_ text: String) throws {
    let window = try Window(text)
    #expect(window.closes == 1_440 && window.opens < window.closes)
    #expect(try window == Window(text.replacing("-00:00", with: "-24:00").replacing("-0:00", with: "-24:00")))
  }

  @Test(arguments: [
    "", "00:00-00:00", "Sat", "10:00", "Sat 10-16", "sat 10:00-16:00", "Sat, Sun 10:00-16:00",
    "Sat 10:00-10:00",
    "Sat 10:60-11:00", "24:00-06:00", "10:00-24:01", "Mon- 10:00-11:00", "Mon-Wed-Fri 10:00-11:00",
  ])
  func `what is no window is refused`(_ text: String) {
    #expect(throws: Wrong.self) { try Window(text) }
  }
}
