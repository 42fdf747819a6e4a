import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Coordinator
@testable import Zones

/// Which file a name means, and which zone is this machine's.
@Suite struct ZoneFolderTests {
  private let folder: TestDirectory
  private let zones: ZoneFolder

  init() throws {
    folder = try TestDirectory()
    try FileManager.default.createDirectory(
      atPath: folder.file("zones/Europe"), withIntermediateDirectories: true)
    zones = ZoneFolder(FilePath(folder.file("zones")))
    try folder.write(ZoneBytes(types: [3600]).bytes, to: "zones/Europe/Berlin")
    try folder.write(ZoneBytes(types: [60]).bytes, to: "above")
    try folder.write("hello\n", to: "zones/Europe/Text")
  }

  @Test func `a name is a file in the folder`() throws {
    #expect(try zones.zone("Europe/Berlin") == Zone(offsets: [3600]))
    #expect(throws: ZoneError.unknown) { try zones.zone("Europe/Berlim") }
    #expect(throws: ZoneError.unknown) { try zones.zone("Europe/Berlin/Mitte") }
    #expect(throws: ZoneError.unknown) { try zones.zone("Europe") }
  }

  @Test(arguments: [
    "", "/", "../above", "Europe/../../above", ".", "..", "Europe/", "/Europe/Berlin", "Europe//Berlin",
    "Europe/./Berlin",
    "Europe/Berlin\0", "Europe\\Berlin", "Europe/Bérlin", String(repeating: "a", count: 101), "CET-1,M3.5.0",
  ])
  func `no name leaves it, or is one that nobody would give a zone`(name: String) {
    #expect(throws: ZoneError.unknown) { try zones.zone(name) }
  }

  @Test func `what is there and no zone is told`() {
    let file = FilePath(folder.file("zones/Europe/Text"))
    #expect(throws: ZoneError.unreadable(file, reason: "it is no time zone (TZif)")) {
      try zones.zone("Europe/Text")
    }
  }

  @Test func `where no zones are installed, that is told, and UTC is known all the same`() throws {
    let nowhere = ZoneFolder("/nowhere/zoneinfo")
    #expect(throws: ZoneError.notInstalled("/nowhere/zoneinfo")) { try nowhere.zone("Europe/Berlin") }
    #expect(try nowhere.zone("UTC") == .utc)
    #expect(nowhere.names().isEmpty || nowhere.names() == ["UTC"])
  }

  @Test func `names to guess among are those of zone.tab`() throws {
    try folder.write(
      "# code\tplace\tTZ\nDE\t+5230+01322\tEurope/Berlin\tmost of Germany\nXX\n", to: "zones/zone.tab")
    #expect(zones.names() == ["UTC", "Europe/Berlin"])
    let names = ZoneFolder.system.names()
    #expect(names.count > 300)
    for name in names { #expect(throws: Never.self, "\(name)") { try ZoneFolder.system.zone(name) } }
  }

  private func local(_ variable: String?, _ file: String = "nothing") -> LocalZone {
    LocalZone(variable: variable, folder: zones, file: FilePath(folder.file(file)))
  }

  @Test func `TZ says which zone is this machine's`() {
    for variable in ["Europe/Berlin", ":Europe/Berlin", folder.file("zones/Europe/Berlin"), "XXX-1"] {
      #expect(local(variable).zone.offsetSeconds(at: 0) == 3600, "\(variable)")
      #expect(local(variable).unknown == nil, "\(variable)")
    }
    #expect(local("CET-1CEST,M3.5.0,M10.5.0/3").zone.offsetSeconds(at: 1_782_900_000_000) == 7_200)
    #expect(local("").zone == .utc && local("").unknown == nil)
  }

  @Test(arguments: ["Europe/Berlim", ":", "/nowhere", "../above", "Europe/Text"])
  func `where TZ means nothing, it is UTC, and that is told`(variable: String) {
    #expect(local(variable).zone == .utc)
    #expect(local(variable).unknown == (variable == ":" ? nil : "TZ=\(variable)"))
  }

  @Test func `without TZ the machine's file says it`() throws {
    let link = folder.file("localtime")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: folder.file("zones/Europe/Berlin"))
    #expect(local(nil, "localtime").zone == Zone(offsets: [3600]))
    #expect(local(nil, "localtime").unknown == nil)
    // The package of zones is gone, the link has stayed.
    try FileManager.default.removeItem(atPath: folder.file("zones/Europe/Berlin"))
    #expect(local(nil, "localtime").zone == .utc)
    #expect(local(nil, "localtime").unknown == link)
    #expect(local(nil).zone == .utc && local(nil).unknown == nil)
  }
}
