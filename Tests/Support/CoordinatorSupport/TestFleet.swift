import SystemPackage
import Wire

@testable package import Inventory

@testable import Coordinator

/// A small inventory without files.
package enum TestFleet {
  package static let profile = Profile(
    applies: nil,
    agent: AppProfile(
      app: "growroom", name: "Growroom", install: "/opt/growroom", backups: "/var/backups",
      version: Reading(file: "version", match: "(.*)"), services: .units(["growroom.service"])),
    source: .github(repository: "demo/growroom", api: "http://127.0.0.1", tokenVariable: nil),
    verify: VerifyPolicy(require: ["commit", "tree"], minisignKeys: []), steppingStones: [])

  package static func host(_ name: String, groups: [String] = []) -> Host {
    Host(
      name: name, address: nil, user: nil, port: nil, sshKey: nil, connection: .ssh, become: .sudo,
      track: nil, groups: groups, hold: false, windows: [], vars: [:], profiles: [profile])
  }

  package static func fleet(_ names: [String], change: (inout Fleet) -> Void = { _ in }) -> Fleet {
    var policy = RolloutPolicy()
    policy.soakSeconds = 0
    var fleet = Fleet(
      folder: "/inventory", app: "growroom", hosts: names.map { host($0) }, policy: policy, notify: [],
      skip: [], timezone: "UTC", profiles: [profile])
    change(&fleet)
    return fleet
  }
}
