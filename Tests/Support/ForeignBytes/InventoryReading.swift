import ByteText
import Foundation
import SystemPackage
import Wire

@testable import Inventory

/// The line that parts fleet.yaml from the profiles.
private let split = "#-- profiles --\n"

/// What is wrong is told at a place that is there, and shown. What is good fits what the agent takes.
func readInventory(_ bytes: [UInt8]) throws(Broken) {
  let text = String(utf8: bytes)
  let parts = text.range(of: split).map { (text[..<$0.lowerBound], text[$0.upperBound...]) }
  Scratch.make("apps")
  try Scratch.write(parts.map { Array($0.0.utf8) } ?? bytes, to: "fleet.yaml")
  try Scratch.write(parts.map { Array($0.1.utf8) } ?? Array(smallProfile.utf8), to: "apps/app.yaml")
  let location = InventoryLocation(file: Scratch.folder.appending("fleet.yaml"), home: "/home/me")
  let fleet: Fleet
  do throws(InventoryErrors) { fleet = try Fleet.load(from: location) } catch {
    try require(!error.errors.isEmpty, "it is wrong, and nothing says why")
    try requireShown("\(error)", lines: true, "what is wrong")
    let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + text.unicodeScalars.count { $0.value > 0x7F } + 2
    for one in error.errors { try require((one.line ?? 1) <= max(lines, 40), "no such line: \(one)") }
    return
  }
  for profile in fleet.profiles + fleet.hosts.flatMap(\.profiles) { try check(profile.agent) }
  for host in fleet.hosts {
    try requireShown(host.name, "a host's name")
    let windows = try mustWork("windows that were read") { try host.windows.map { try Window($0) } }
    let clock = WindowClock(windows, zone: fleet.timezone)
    _ = clock.state(at: 1_795_342_500_000)
  }
}

private func check(_ profile: AppProfile) throws(Broken) {
  let again = try mustWork("a profile") { try JSON.decode(AppProfile.self, from: try JSON.encode(profile)) }
  try require(again == profile, "another profile after a trip")
  for path in [profile.install, profile.backups] + profile.outside {
    let names = path.utf8.split(separator: UInt8(ascii: "/"))
    try require(
      path.utf8.first == UInt8(ascii: "/") && !path.utf8.contains(0)
        && !names.contains { $0.elementsEqual("..".utf8) },
      "a path that is not plain: \(path)")
  }
  for path in [profile.version.file] + profile.units.map(\.file) + profile.carry.map(\.path) {
    try require(path.utf8.first != UInt8(ascii: "/"), "an absolute path in the tree: \(path)")
  }
  for unit in profile.units {
    try require(!unit.unit.utf8.contains(UInt8(ascii: "/")), "a unit \(unit.unit)")
  }
  try require(
    Figure.seconds.isPossible(profile.stopTimeoutSeconds), "a stop of \(profile.stopTimeoutSeconds) s")
}

private let smallProfile = """
  install: /opt/app
  version: { file: VERSION, match: '(\\d+[.]\\d+[.]\\d+)' }
  services: [app.service]
  source: { github: owner/app }
  """
