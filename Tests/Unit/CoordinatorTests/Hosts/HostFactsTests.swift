import Release
import Testing

@testable import Hosts

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

  private func system(_ libc: String, called name: String = "Debian GNU/Linux 12 (bookworm)") -> HostFacts {
    HostFacts("machine aarch64\ndebian arm64\nbits 64\nlibc \(libc)\nsystem \(name)\n")
  }

  @Test(arguments: [
    "glibc 2.36", "glibc 2.39", "glibc 2.100", "glibc 3.0", "", "sh: 1: ldd: not found", "glibc", "glibc x.y",
  ])
  func `a host that has what the agent needs, or does not say, may have it`(libc: String) throws {
    #expect(try system(libc).architecture() == .arm)
  }

  @Test(arguments: [("glibc 2.35", "Ubuntu 22.04.5 LTS"), ("glibc 2.31", "Debian GNU/Linux 11 (bullseye)")])
  func `too old a system is told by its name, with what it lacks`(libc: String, name: String) throws {
    let error = #expect(throws: WrongArchitecture.self) { try system(libc, called: name).architecture() }
    #expect(try system(libc, called: name).architecture(isPackaged: false) == .arm)
    #expect(
      error?.text.contains("\(name) is too old: it has \(libc), and fleet's agent needs glibc 2.36") == true)
  }

  @Test func `one without glibc is told so`() {
    let error = #expect(throws: WrongArchitecture.self) {
      try system("musl libc (aarch64)", called: "Alpine Linux v3.20").architecture()
    }
    #expect(error?.text.contains("Alpine Linux v3.20 has another C library (musl libc (aarch64))") == true)
  }

  @Test func `32 bits come first`() {
    let facts = HostFacts("machine aarch64\ndebian armhf\nbits 32\nlibc glibc 2.31\n")
    let error = #expect(throws: WrongArchitecture.self) { try facts.architecture() }
    #expect(error?.text.contains("32-bit") == true)
  }
}
