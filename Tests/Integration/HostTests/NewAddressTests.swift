import Foundation
import SystemPackage
import Testing

@testable import Hosts
@testable import Coordinator

@Suite("A host whose address is another one now") struct NewAddressTests {
  /// What the kernel prints of its neighbours.
  private static func table(_ addresses: [String]) -> String {
    "IP address       HW type     Flags       HW address            Mask     Device\n"
      + addresses.map { "\($0)     0x1         0x2         aa:bb:cc:00:11:22     *        lo\n" }.joined()
  }

  @Test func `is found by its key, and nobody else is taken for it`() async throws {
    let server = try LoopbackHost()
    try StandInAgent.install(in: server.folder)
    try server.trust()
    try server.folder.write(
      server.folder.read("ssh_config").replacing("127.0.0.1", with: "127.0.0.9"), to: "ssh_config")
    func doctor() async throws -> [Diagnosis] {
      let setup = LiveSetup(
        connector: server.connector(), agents: AgentBinaries(folders: []),
        neighbours: { Self.table(["127.0.0.8", "127.0.0.1"]) })
      return await setup.examine(testHost("tent"), in: testFleet(testHost("tent"), in: server.folder))
    }
    let found = try await doctor()
    #expect(found.map(\.subject) == ["SSH", "address"])
    #expect(
      found.last?.next
        == "in fleet.yaml, write 127.0.0.1 in the place of its address, then: fleet doctor tent")
    let other = try LoopbackHost(insteadOf: server, keyType: "ed25519")
    #expect(try await doctor().map(\.subject) == ["SSH"])
    withExtendedLifetime(other) {}
  }
}
