import Foundation
import Testing

extension OnRealHosts {
  /// What people get wrong: each has a clear error and its exit code.
  @Suite("A mistake", .serialized) struct MistakeTests {
    @Test func `in the inventory names file and line`() async throws {
      let laptop = try await Laptop(try Lab.here)
      try laptop.change("soak: 0s", to: "soka: 0s")
      let ended = try await laptop.fleet("status", exits: 3)
      #expect(ended.error.contains("fleet.yaml:") && ended.error.contains("soak"))
    }

    @Test func `on the command line is told with the usage`() async throws {
      let laptop = try await Laptop(try Lab.here)
      try await laptop.fleet("upgrade", "--trak", "v4", exits: 64)
      try await laptop.fleet("status", "no-such-host", exits: 64)
    }

    @Test func `of nobody being there to ask changes nothing`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"]))
      #expect(try await laptop.fleet("upgrade", exits: 64).error.contains("--yes"))
      #expect(try await lab.running("veg") == "4.0.26")
    }

    @Test func `in the release is told before any host is touched`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"]))
      #expect(try await laptop.fleet("upgrade", "--to", "4.9.9", "--yes", exits: 6).error.contains("4.9.9"))
    }

    @Test func `with a key that cannot be read names the key`() async throws {
      let lab = try Lab.here
      let laptop = try await Laptop(
        lab, Laptop.Setting(hosts: ["veg"], key: "\(lab.folder)/no-such-key"))
      let ended = try await laptop.fleet("status", exits: 2)
      #expect(ended.output.contains("no-such-key"))
    }

    @Test func `with a key that the host does not accept is told`() async throws {
      let lab = try Lab.here
      let key = "\(lab.folder)/another-key"
      _ = try await lab.start(["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]).ended()
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"], key: key))
      let ended = try await laptop.fleet("status", exits: 2)
      #expect(ended.output.contains("bootstrap veg"))
    }

    @Test func `with sudo's password, and nobody to ask for it, is told`() async throws {
      let lab = try Lab.here
      let laptop = try await Laptop(lab, Laptop.Setting(hosts: ["veg"], user: "grow"))
      let ended = try await laptop.fleet("bootstrap", "veg", "--yes", exits: 64)
      #expect(ended.output.contains("sudo password of grow on veg"))
    }

    @Test func `with an architecture that has no agent names it`() async throws {
      let lab = try Lab.here
      let laptop = try await Laptop(
        lab, Laptop.Setting(hosts: ["veg"], environment: ["FLEET_AGENTS": "\(lab.folder)/no-agents"]))
      let ended = try await laptop.fleet("bootstrap", "veg", exits: 1)
      #expect(ended.output.contains("there is no agent for"))
    }

    @Test func `with a folder for the state that cannot be made is fleet's own trouble`() async throws {
      let lab = try Lab.here
      try await lab.renew(["veg"])
      try await lab.publish("v4.0.*", "v4.1.0")
      let laptop = try await Laptop(
        lab, Laptop.Setting(hosts: ["veg"], environment: ["XDG_STATE_HOME": "/proc/no-such-place"]))
      #expect(try await laptop.fleet("upgrade", "--yes", exits: 1).error.contains("/proc/no-such-place"))
      #expect(try await lab.running("veg") == "4.0.26")
    }
  }
}
