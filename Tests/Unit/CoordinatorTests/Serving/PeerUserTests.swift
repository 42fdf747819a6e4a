import Glibc
import Testing

@testable import Web
@testable import Coordinator

/// proc(5), /proc/net/tcp: the line of the other end, and no other's.
@Suite struct PeerUserTests {
  private let table = """
      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 0100007F:20E4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
       1: 0100007F:20E4 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
       2: 0100007F:C350 0100007F:20E4 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
       3: 0500000A:C351 0100007F:20E4 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
       4: 0100007F:C352 0100007F:20E4 05 00000000:00000000 00:00000000 00000000     0        0 5 1 0 20 4 30 10 -1
       5: 0100007F:C353 0100007F:20E4 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
       6: 0100007F:C354 0100007F:20E4 06 00000000:00000000 03:00001750 00000000     0        0 0 3 0000000000000000
    """

  @Test(arguments: [50_002, 50_003, 50_004]) func `of what is closed nobody knows whose it was`(port: Int) {
    #expect(PeerUser.user(in: table, from: port, to: 8420) == nil)
  }

  @Test func `whose it is`() {
    #expect(PeerUser.user(in: table, from: 50_000, to: 8420) == 1000)
  }

  @Test func `neither our own end nor another's`() {
    #expect(PeerUser.user(in: table, from: 8420, to: 8420) == nil)
    #expect(PeerUser.user(in: table, from: 50_001, to: 8420) == nil)
    #expect(PeerUser.user(in: table, from: 50_000, to: 8421) == nil)
    #expect(PeerUser.user(in: "", from: 50_000, to: 8420) == nil)
  }

  @Test func `who comes from elsewhere is nobody of this machine`() {
    #expect(!PeerUser.isOwn(.address("192.168.1.5", port: 50_000), port: 8420))
    #expect(!PeerUser.isOwn(.address("127.0.0.1", port: 1), port: 1))
    #expect(PeerUser.isOwn(.socket, port: 8420))
  }
}
