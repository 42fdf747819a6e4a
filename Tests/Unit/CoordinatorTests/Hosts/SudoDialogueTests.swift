import Release
import Testing

@testable import Hosts
@testable import Coordinator

@Suite("The dialogue with sudo") struct SudoDialogueTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `gives no password where none is wanted`() {
    var dialogue = SudoDialogue(marker: "mark", password: "secret")
    #expect(dialogue.heard(bytes("Welcome\nmark here\nmark ready\nfirst")) == .ready(bytes("first")))
  }

  @Test func `gives the password only after the marker`() {
    var dialogue = SudoDialogue(marker: "mark", password: "secret")
    #expect(
      dialogue.heard(bytes("mark here\nWe trust you have received the usual lecture.\nmark pass")) == .wait)
    #expect(dialogue.heard(bytes("word")) == .say(bytes("secret\n")))
    #expect(dialogue.heard(bytes("\nmark ready\n")) == .ready([]))
  }

  @Test func `stops when a password is wanted and there is none`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard(bytes("mark password")) == .stop(.passwordWanted))
  }

  @Test func `gives a wrong password once`() {
    var dialogue = SudoDialogue(marker: "mark", password: "secret")
    #expect(dialogue.heard(bytes("mark password")) == .say(bytes("secret\n")))
    #expect(dialogue.heard(bytes("\nSorry, try again.\nmark password")) == .stop(.passwordWrong))
  }

  @Test func `hands on sudo's own words`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard(bytes("mark here\nme is not in the sudoers file.\n")) == .wait)
    #expect(dialogue.heard([]) == .stop(.notAllowed("me is not in the sudoers file.")))
  }

  @Test func `tells a login that ended before anything ran from a sudo that refuses`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard(bytes("This account is currently not available.\n")) == .wait)
    #expect(dialogue.heard([]) == .stop(.notBegun(said: "This account is currently not available.\n", nil)))
  }

  @Test func `does not listen for ever`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard([UInt8](repeating: 46, count: HostLimits.outputBytes + 1)) == .tooMuch)
  }
}

@Suite("The architecture of a host") struct HostArchitectureTests {
  @Test func `is that of its userland`() throws {
    #expect(try HostArchitecture(machine: "aarch64", debian: "arm64", bits: "64") == .arm)
    #expect(try HostArchitecture(machine: "x86_64", debian: "amd64", bits: "64") == .x86)
    #expect(try HostArchitecture(machine: "aarch64", debian: nil, bits: "64") == .arm)
  }

  @Test func `is refused in words where the userland is 32-bit under a 64-bit kernel`() {
    let error = #expect(throws: WrongArchitecture.self) {
      try HostArchitecture(machine: "aarch64", debian: "armhf", bits: "32")
    }
    #expect(error?.text.contains("64-bit Raspberry Pi OS") == true)
  }

  @Test func `is refused where there is no agent for it`() {
    let error = #expect(throws: WrongArchitecture.self) {
      try HostArchitecture(machine: "riscv64", debian: "riscv64", bits: "64")
    }
    #expect(error?.text.contains("riscv64") == true)
  }
}

@Suite("The facts of a host") struct HostFactsTests {
  @Test func `are read as data`() {
    let facts = HostFacts(
      """
      Welcome to the tent
      machine aarch64
      debian arm64
      uid 1000
      user gr\u{1B}ow
      agent_sha256 abc
      agent_version fleet-agent 0.1.0 (wire 1)
      unit fleet-agent-recover.service
      free_kib 900 /var/lib
      free_kib 100 /home/grow
      free_kib 9223372036854775807 /home/grow
      """)
    #expect(facts.machine == "aarch64")
    #expect(facts.user == "gr\\u{1b}ow")
    #expect(!facts.isRoot)
    #expect(facts.agent?.version.description == "0.1.0")
    #expect(facts.units == 1)
    #expect(facts.freeBytes == 100 << 10)
  }

  @Test func `tell an agent that does not run by its words`() {
    let facts = HostFacts(
      "agent_sha256 abc\nagent_version error while loading shared libraries: libcurl.so.4\n")
    #expect(facts.agent == nil)
    #expect(facts.agentWords?.contains("libcurl") == true)
  }
}
