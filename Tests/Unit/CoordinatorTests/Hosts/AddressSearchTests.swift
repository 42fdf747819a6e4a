import Testing

@testable import Hosts

@Suite struct AddressSearchTests {
  private let header = "IP address       HW type     Flags       HW address            Mask     Device\n"

  @Test func `looks at the host's name in its network, and at neighbours that have answered`() {
    let table =
      header + """
        192.168.1.37     0x1         0x2         b8:27:eb:00:00:01     *        eth0
        192.168.1.38     0x1         0x0         00:00:00:00:00:00     *        eth0
        10.0.0.5         0x1         0x6         b8:27:eb:00:00:02     *        wlan0
        """
    #expect(AddressSearch.candidates(table, name: "veg") == ["veg.local", "192.168.1.37", "10.0.0.5"])
  }

  @Test(arguments: [
    "", "nothing of the kind", "IP\n1 2 3\n", "IP\na b zz d e f\n", "IP\n1.2.3.4 0x1 2 a b c\n",
  ])
  func `what is no such table lists nobody`(table: String) {
    #expect(AddressSearch.candidates(table, name: "veg") == ["veg.local"])
  }

  @Test func `of a large network only some are looked at`() {
    let rows = (1...250).map { "10.0.0.\($0) 0x1 0x2 aa:bb:cc:dd:ee:ff * eth0\n" }.joined()
    #expect(AddressSearch.candidates(header + rows, name: "veg").count == AddressSearch.most)
  }
}
