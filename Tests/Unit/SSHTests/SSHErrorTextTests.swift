import Testing

@testable import SSH

struct SSHErrorTextTests {
  @Test(arguments: [
    ("tent.local", true), ("TENT.LOCAL", true), ("tent.lan", false), ("local", false),
    ("tent.local.example", false),
  ])
  func `a name that hosts answer to themselves is told with what is needed for it`(
    address: String, isSaid: Bool
  ) {
    let text = "\(SSHError.nameNotFound(host: "tent", address: address, words: "Name or service not known"))"
    #expect(text.contains("sudo apt install libnss-mdns") == isSaid)
    #expect(text.contains("is the name right"))
  }
}
