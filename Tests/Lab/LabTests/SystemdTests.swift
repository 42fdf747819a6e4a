import Foundation
import Glibc
import TestSupport
import Testing

extension OnRealHosts {
  /// The agent's tests against systemd need one, and run where there is one: on a host that sees this
  /// machine's build.
  @Suite("What the agent asks of systemd", .serialized) struct SystemdTests {
    @Test func `is answered as its tests say`() async throws {
      let lab = try Lab.here
      let own = try #require(realpath("/proc/self/exe", nil))
      defer { free(own) }
      let tests = String(cString: own)
      let build = URL(filePath: tests).deletingLastPathComponent().path
      try await lab.lab(
        ["up", "systemd", "--base", try Self.base(), "--address", "10.77.0.30", "--owner", "\(getpid())"]
          + [build, try Self.swiftLibraries(tests)].flatMap { ["--see", $0] })
      // What all tests together are linked with, and a host of fleet's has not.
      let libraries = try await Self.bring(try Self.library("libssh2", of: tests), lab)
      let ended = try await lab.start(
        [
          LabMachine.file("scripts/lab"), "exec", "systemd", "env", "FLEET_TEST_SYSTEMD=1",
          "LD_LIBRARY_PATH=\(libraries)", tests, "--testing-library", "swift-testing", "--filter",
          "RealSystemdTests",
        ]
      ).ended()
      try await lab.lab("down", "systemd")
      try #require(ended.code == 0, "\(ended)")
      let ran = try #require("\(ended)".firstMatch(of: #/Test run with (\d+) tests/#)?.1, "\(ended)")
      #expect(try #require(Int(ran)) >= 8, "too few ran: \(ended)")
    }

    /// The base of this machine's own release: what was built here finds its libraries there.
    private static func base() throws -> String {
      let release = try String(contentsOfFile: "/etc/os-release", encoding: .utf8)
      return release.contains("VERSION_CODENAME=trixie") ? "trixie" : "bookworm"
    }

    private static func swiftLibraries(_ program: String) throws -> String {
      URL(filePath: try library("libswiftCore", of: program)).deletingLastPathComponent().path
    }

    /// Where the loader of this machine finds a library.
    private static func library(_ name: String, of program: String) throws -> String {
      let all = try Shell.output("/usr/bin/ldd", program).split(separator: "\n")
      let line = try #require(all.first { $0.contains("\(name).so") })
      return String(try #require(line.firstMatch(of: #/=> (\S+)/#)?.1))
    }

    /// Copies a library onto the host; its folder there.
    private static func bring(_ library: String, _ lab: Lab) async throws -> String {
      let folder = "/usr/local/lib/brought"
      let line = try #require(
        try await lab.lab("list").split(separator: "\n").first { $0.hasPrefix("systemd\t") })
      let root = String(try #require(line.split(separator: "\t").last))
      try FileManager.default.createDirectory(atPath: root + folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: URL(filePath: library).resolvingSymlinksInPath(),
        to: URL(filePath: root + folder).appending(path: URL(filePath: library).lastPathComponent))
      return folder
    }
  }
}
