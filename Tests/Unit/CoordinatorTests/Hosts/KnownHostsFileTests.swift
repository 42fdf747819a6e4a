import SSH
import SystemPackage
import TestSupport
import Testing

@testable import Hosts
@testable import Coordinator

@Suite struct KnownHostsFileTests {
  private static let entry =
    "veg ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

  @Test func `a comment that is no UTF-8 stays what it was`() throws {
    let folder = try TestDirectory()
    let before = Array("\(Self.entry) K".utf8) + [0xFC] + Array("che\n".utf8)
    try folder.write(before, to: "known_hosts")
    let file = KnownHostsFile(path: FilePath(folder.file("known_hosts")))
    let key = try #require(HostKey(base64: Self.entry.split(separator: " ")[2]))
    try file.update { KnownHostsText.adding(key, name: "flower", comment: "bei Grün ✓", to: $0) }
    let added = "\(Self.entry.replacing("veg", with: "flower")) bei Gr".utf8
    #expect(try folder.bytes("known_hosts") == before + added + [0xFC] + Array("n ✓\n".utf8))
    try file.update { KnownHostsText.removing(name: "flower", from: $0) }
    #expect(try folder.bytes("known_hosts") == before)
  }

  @Test func `text that is UTF-8 stays so`() {
    let text = "# Küche\n"
    #expect(
      KnownHostsFile.changed(Array(text.utf8)) { $0 + "flower ✓ ü\n" } == Array("\(text)flower ✓ ü\n".utf8))
  }
}
