import CoordinatorSupport
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Inventory
@testable import Report
@testable import Catalogue
@testable import Store
@testable import Driver
@testable import Coordinator

/// fleet's own folders on this machine: what stands in them is believed, so nobody else may write there.
@Suite struct OwnFolderTests {
  private struct Machine {
    let directory: TestDirectory
    var state: FilePath { FilePath(directory.file("state")) }
    var store: RolloutStore { RolloutStore(environment: ["XDG_STATE_HOME": state.string]) }
    var cache: FilePath { FilePath(directory.file("cache")).appending("fleet").appending("releases") }

    init() throws { directory = try TestDirectory() }

    func make(_ path: FilePath, mode: mode_t = 0o755) throws {
      try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
      #expect(chmod(path.string, mode) == 0)
    }

    /// What using the rollouts says; nil: they can be used.
    func use() -> String? {
      do throws(StoreError) {
        _ = try store.ids()
        _ = try store.make("20261122-101500-v4.2.0")
        return nil
      } catch {
        return "\(error)"
      }
    }

    /// What using the cache says.
    func useCache() async throws -> String? {
      try make(FilePath(directory.file("archives")))
      let catalogue = LiveCatalogue(app: "a", inventory: state, cache: cache, environment: [:])
      do throws(CatalogueError) {
        _ = try await catalogue.entries(of: .directory(FilePath(directory.file("archives"))))
        return nil
      } catch {
        return "\(error)"
      }
    }

    func mode(_ path: FilePath) throws -> Int {
      let found = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
      return try #require(found)
    }
  }

  /// Somebody else, where we are root.
  private static let other: uid_t = 12_345

  @Test func `they are made for their owner alone`() async throws {
    let machine = try Machine()
    #expect(machine.use() == nil)
    for path in [machine.state, machine.state.appending("fleet"), machine.store.folder] {
      #expect(try machine.mode(path) == 0o700, "\(path)")
    }
    #expect(try machine.mode(machine.store.path(of: "20261122-101500-v4.2.0")) == 0o700)
    #expect(try await machine.useCache() == nil)
    #expect(try machine.mode(machine.cache) == 0o700)
    #expect(try machine.mode(machine.cache.removingLastComponent()) == 0o700)
  }

  @Test(arguments: [mode_t(0o777), 0o775, 0o757, 0o1777])
  func `where others may write they are refused, with what to do`(mode: mode_t) async throws {
    for name in ["fleet", "fleet/rollouts"] {
      let machine = try Machine()
      try machine.make(machine.store.folder)
      let path = machine.state.appending(name)
      #expect(chmod(path.string, mode) == 0)
      let said = try #require(machine.use(), "it was used")
      #expect(said.contains("others may write to it") && said.contains("chmod go-w \(path)"), "\(said)")
    }
    for depth in 0..<2 {
      let machine = try Machine()
      try machine.make(machine.cache)
      let path = depth == 0 ? machine.cache : machine.cache.removingLastComponent()
      #expect(chmod(path.string, mode) == 0)
      let said = try #require(try await machine.useCache(), "it was used")
      #expect(said.contains("others may write to it") && said.contains("chmod go-w \(path)"), "\(said)")
    }
  }

  @Test(.enabled(if: geteuid() == 0)) func `where they are somebody else's they are refused`() async throws {
    let machine = try Machine()
    try machine.make(machine.store.folder)
    #expect(chown(machine.store.folder.string, Self.other, Self.other) == 0)
    let said = try #require(machine.use(), "it was used")
    #expect(said.contains("user 12345") && said.contains("mv \(machine.store.folder)"), "\(said)")
    try machine.make(machine.cache)
    #expect(chown(machine.cache.string, Self.other, Self.other) == 0)
    let cacheSaid = try #require(try await machine.useCache(), "it was used")
    #expect(cacheSaid.contains("user 12345") && cacheSaid.contains("mv \(machine.cache)"), "\(cacheSaid)")
  }

  @Test(.enabled(if: geteuid() == 0)) func `a symbolic link of somebody else is not followed`() throws {
    for name in ["fleet", "."] {
      let machine = try Machine()
      let real = FilePath(machine.directory.file("real"))
      try machine.make(real.appending("rollouts"), mode: 0o700)
      let link = name == "." ? machine.state : machine.state.appending(name)
      try machine.make(link.removingLastComponent())
      try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: real.string)
      #expect(lchown(link.string, Self.other, Self.other) == 0)
      let said = try #require(machine.use(), "it was used")
      #expect(said.contains("symbolic link of user 12345") && said.contains("rm \(link)"), "\(said)")
    }
  }

  @Test func `our own symbolic link is, to a folder that is ours alone`() throws {
    let machine = try Machine()
    let real = FilePath(machine.directory.file("real"))
    try machine.make(real, mode: 0o700)
    try machine.make(machine.state)
    let link = machine.state.appending("fleet")
    try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: "../real")
    #expect(machine.use() == nil)
    #expect(chmod(real.string, 0o777) == 0)
    #expect(machine.use()?.contains("others may write to it") == true)
  }

  @Test func `a folder above them that all may change is refused, unless it is sticky as /tmp is`() throws {
    let machine = try Machine()
    try machine.make(machine.state, mode: 0o777)
    #expect(machine.use()?.contains("others may write to it") == true)
    #expect(chmod(machine.state.string, 0o1777) == 0)
    #expect(machine.use() == nil)
  }

  @Test func `links without end are refused`() throws {
    let machine = try Machine()
    try machine.make(machine.state)
    try FileManager.default.createSymbolicLink(
      atPath: machine.state.appending("fleet").string, withDestinationPath: "fleet")
    #expect(machine.use() != nil)
  }

  @Test func `a command says so, and does nothing: 1`() async throws {
    for verb in [["history"], ["report"], ["resume", "-y"], ["upgrade", "-y"], ["abort", "-y"]] {
      let bench = try TestBench()
      let hosts = SimulatedFleet([("veg", "4.1.0")])
      let folder = bench.folder.appending("fleet")
      try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
      #expect(chmod(folder.string, 0o777) == 0)
      let world = bench.bench(
        fleet: TestFleet.fleet(["veg"]), connector: hosts, catalogue: SimulatedCatalogue())
      #expect(await FleetProgram.run(verb, on: world) == RunExit.fault.rawValue, "\(verb)")
      #expect(bench.errors.contains("chmod go-w \(folder)"), "\(verb): \(bench.errors)")
      #expect(hosts.executions() == ["veg": 0])
      // The bench looks into it at its end.
      #expect(chmod(folder.string, 0o700) == 0)
    }
  }
}
