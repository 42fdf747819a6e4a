import CoordinatorSupport
import Synchronization
import Testing

@testable import Coordinator

@Suite struct StatusLineTests {
  private final class Written: Sendable {
    let text = Mutex("")
    func add(_ more: String) { text.withLock { $0 += more } }
    var all: String { text.withLock { $0.replacing("\u{1B}[K", with: "|") } }
  }

  private func line(_ written: Written) -> StatusLine { StatusLine(width: { 20 }) { written.add($0) } }

  @Test func `it is gone with whatever is written next`() {
    let written = Written()
    let line = line(written)
    line.show("asking veg ...")
    line.giveWay { written.add("table\n") }
    line.giveWay { written.add("more\n") }
    #expect(written.all == "\rasking veg ...|\r|table\nmore\n")
  }

  @Test func `it stays away while somebody is asked, and is never wider than the terminal`() {
    let written = Written()
    let line = line(written)
    line.show("asking a host with a long name ...")
    line.stayAway {
      written.add("Passphrase: ")
      line.show("waiting for veg ...")
    }
    line.show(nil)
    #expect(written.all == "\rasking a host with~|\r|Passphrase: ")
  }

  @Test func `for whom it waits is said`() throws {
    let hosts = ["veg", "flower", "dry", "attic"].map { TestFleet.host($0) }
    #expect(Session.waiting(for: hosts, of: 4) == "asking 4 hosts ...")
    #expect(Session.waiting(for: [hosts[0]], of: 1) == "asking veg ...")
    #expect(Session.waiting(for: [hosts[2], hosts[3]], of: 4) == "waiting for dry and attic ...")
    #expect(Session.waiting(for: hosts, of: 9) == "waiting for 4 of 9 hosts ...")
    #expect(Session.waiting(for: [], of: 4) == nil)
  }
}
