import SSH
import TestSupport
import Testing

/// Keys that only look like keys: a type and some bytes.
private func key(_ type: String, _ tail: UInt8) throws -> HostKey {
  let blob = [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8) + [0, 0, 0, 1, tail]
  return try #require(HostKey(blob: blob))
}

private func ed(_ tail: UInt8 = 1) throws -> HostKey { try key("ssh-ed25519", tail) }

private func line(_ names: String, _ key: HostKey) -> String { "\(names) \(key.type) \(key.base64)\n" }

private func verdict(_ text: String, _ name: String, port: UInt16 = 22, _ key: HostKey) -> KnownHosts.Verdict
{
  KnownHosts(text: text, source: "file").lookup(names: [name], port: port, key: key)
}

@Suite("A known_hosts file") struct KnownHostsTests {
  @Test func `trusts the key it has for a name, and no other name`() throws {
    let text = line("pi1,192.168.1.5", try ed())
    #expect(verdict(text, "pi1", try ed()) == .trusted)
    #expect(verdict(text, "PI1", try ed()) == .trusted)
    #expect(verdict(text, "192.168.1.5", try ed()) == .trusted)
    #expect(verdict(text, "pi", try ed()) == .unknown)
    #expect(verdict(text, "pi11", try ed()) == .unknown)
  }

  @Test func `keeps the line ends of what stays when a name is taken out`() throws {
    let text = "# a\r\n" + line("pi1", try ed()) + "\r\r\npi2,pi1 ssh-ed25519 \(try ed().base64)\r\nodd\r"
    let left = KnownHostsText.removing(name: "pi1", from: text)
    #expect(Array(left.utf8) == Array("# a\r\n\r\r\npi2 ssh-ed25519 \(try ed().base64)\r\nodd\r".utf8))
    #expect(KnownHostsText.removing(name: "pi1", from: left) == left)
  }

  @Test func `calls a host changed when it is known by another key, of whatever type`() throws {
    let ecdsa = try key("ecdsa-sha2-nistp256", 9)
    for shown in [try ed(2), ecdsa] {
      let known = [KnownHosts.Entry(key: try ed(1), line: 1)]
      #expect(verdict(line("pi1", try ed(1)), "pi1", shown) == .changed(known: known))
    }
  }

  @Test func `trusts any of several keys of a host`() throws {
    let text = line("pi1", try ed(1)) + line("pi1", try ed(2))
    #expect(verdict(text, "pi1", try ed(2)) == .trusted)
  }

  @Test func `keeps ports apart`() throws {
    let text = line("pi1", try ed(1)) + line("[pi1]:2222", try ed(2))
    #expect(verdict(text, "pi1", port: 2222, try ed(2)) == .trusted)
    #expect(verdict(line("pi1", try ed(1)), "pi1", port: 2222, try ed(1)) == .unknown)
    #expect(verdict(line("[pi1]:2222", try ed(1)), "pi1", try ed(1)) == .unknown)
  }

  @Test(arguments: JoiningMarks.all)
  func `is read at its commas, blanks and line ends, whatever is joined to them`(mark: String) throws {
    #expect(verdict("pi1,\(mark)x \(try ed().type) \(try ed().base64)\n", "pi1", try ed()) == .trusted)
    #expect(verdict("*,!pi1,\(mark)x \(try ed().type) \(try ed().base64)\n", "pi1", try ed()) == .unknown)
    #expect(verdict("# a\n\(mark)\n" + line("pi1", try ed()), "pi1", try ed()) == .trusted)
    #expect(verdict("#\(mark) " + line("pi1", try ed()), "pi1", try ed()) == .unknown)
    let gone = KnownHostsText.removing(name: "pi1", from: line("pi1,\(mark)x", try ed()))
    #expect(Array(gone.utf8) == Array(line("\(mark)x", try ed()).utf8))
    let revoked = "@revoked * \(try ed().type) \(try ed().base64) \(mark)\n"
    #expect(verdict(line("pi1", try ed()) + revoked, "pi1", try ed()) == .revoked(line: 2))
  }

  @Test func `understands wildcards and negation`() throws {
    let text = line("*.tent,!veg.tent,192.168.?.5", try ed())
    #expect(verdict(text, "flower.tent", try ed()) == .trusted)
    #expect(verdict(text, "veg.tent", try ed()) == .unknown)
    #expect(verdict(text, "tent", try ed()) == .unknown)
    #expect(verdict(text, "192.168.1.5", try ed()) == .trusted)
    #expect(verdict(text, "192.168.10.5", try ed()) == .unknown)
    #expect(verdict(line("[*]:2222", try ed()), "x", port: 2222, try ed()) == .trusted)
    #expect(verdict(line("!pi1", try ed()), "pi2", try ed()) == .unknown)
  }

  @Test func `is not held up by a pattern made of stars`() throws {
    let text = line(String(repeating: "*a", count: 2000), try ed())
    #expect(verdict(text, String(repeating: "a", count: 1500) + "b", try ed()) == .unknown)
  }

  @Test func `refuses a revoked key and tells the line`() throws {
    let text = line("pi1", try ed()) + "@revoked pi1 ssh-ed25519 \(try ed().base64)\n"
    #expect(verdict(text, "pi1", try ed()) == .revoked(line: 2))
    #expect(verdict(text, "pi2", try ed()) == .unknown)
  }

  @Test func `does not count a revoked key as knowing the host`() throws {
    let text = "@revoked pi1 ssh-ed25519 \(try ed(1).base64)\n"
    #expect(verdict(text, "pi1", try ed(2)) == .unknown)
    #expect(KnownHosts(text: text, source: "f").keyTypes(names: ["pi1"]).isEmpty)
  }

  @Test func `passes over what it cannot read, says so, and uses the rest`() throws {
    let good = line("pi1", try ed())
    let text = """
      # a comment

      pi2 ssh-ed25519
      pi2 ssh-ed25519 not-base64!
      pi2 ssh-rsa \(try ed().base64)
      @cert-authority *.tent ssh-ed25519
      @other pi2 ssh-ed25519 \(try ed().base64)
      |1|bad|hash ssh-ed25519 \(try ed().base64)

      """ + good
    let file = KnownHosts(text: text, source: "file")
    #expect(file.lookup(names: ["pi1"], key: try ed()) == .trusted)
    #expect(file.lookup(names: ["pi2"], key: try ed()) == .unknown)
    #expect(file.notes.map(\.line) == [3, 4, 5, 6, 7, 8])
    #expect(file.notes[3].description.contains("file:6: not a complete line"))
  }

  @Test func `tells an authority from a key, and both from what is revoked`() throws {
    let text = """
      @cert-authority *.tent ssh-ed25519 \(try ed(1).base64)
      veg.tent ssh-ed25519 \(try ed(2).base64)
      @revoked * ssh-ed25519 \(try ed(3).base64)

      """
    let file = KnownHosts(text: text, source: "file")
    #expect(file.lookup(names: ["flower.tent"], key: try ed(1)) == .unknown)
    #expect(file.authorities(names: ["flower.tent"]) == [.init(key: try ed(1), line: 1)])
    #expect(file.authorities(names: ["flower.room"]).isEmpty)
    #expect(file.keys(names: ["veg.tent"]) == [.init(key: try ed(2), line: 2)])
    #expect(file.revoked(names: ["anything"]) == [.init(key: try ed(3), line: 3)])
    #expect(file.keyTypes(names: ["flower.tent"]).isEmpty)
  }

  @Test func `reads lines that end in CR LF`() throws {
    let text = "pi1 \(try ed().type) \(try ed().base64)\r\npi2 \(try ed().type) \(try ed().base64) note\r\n"
    #expect(verdict(text, "pi1", try ed()) == .trusted)
    #expect(verdict(text, "pi2", try ed()) == .trusted)
  }

  @Test func `tells the key types on file for a host`() throws {
    let text =
      line("pi1", try ed(1)) + line("pi1,pi2", try key("ecdsa-sha2-nistp256", 2)) + line("pi1", try ed(3))
    let file = KnownHosts(text: text, source: "file")
    #expect(file.keyTypes(names: ["pi1"]) == ["ssh-ed25519", "ecdsa-sha2-nistp256"])
    #expect(file.keyTypes(names: ["pi2"]) == ["ecdsa-sha2-nistp256"])
  }
}

@Suite("The text of a known_hosts file") struct KnownHostsTextTests {
  @Test func `stays as it is when the key is already there`() throws {
    let once = KnownHostsText.adding(try ed(), name: "pi1", to: "")
    #expect(KnownHostsText.adding(try ed(), name: "pi1", to: once) == once)
    #expect(KnownHostsText.adding(try ed(2), name: "pi1", to: once) != once)
  }

  @Test func `loses a name with all its keys, and nothing else`() throws {
    let text =
      "# note\n" + line("pi1", try ed(1)) + line("pi2,pi1", try ed(2)) + line("pi*", try ed(3))
      + "@revoked pi1 ssh-ed25519 \(try ed(4).base64)\nbroken\n" + line("[pi1]:2222", try ed(5))
    let left = KnownHostsText.removing(name: "pi1", from: text)
    #expect(
      left == "# note\n" + line("pi2", try ed(2)) + line("pi*", try ed(3))
        + "@revoked pi1 ssh-ed25519 \(try ed(4).base64)\nbroken\n" + line("[pi1]:2222", try ed(5)))
  }

  @Test func `has only the new key after a replacement`() throws {
    let text = line("pi1", try ed(1)) + line("pi2", try ed(2))
    let new = KnownHostsText.replacing(try ed(3), name: "pi1", in: text)
    #expect(new == line("pi2", try ed(2)) + line("pi1", try ed(3)))
  }

  @Test func `takes no line break from a comment`() throws {
    let text = KnownHostsText.line(name: "pi1", key: try ed(), comment: "a\npi2 ssh-ed25519 AAAA")
    #expect(!text.contains("\n"))
  }
}
