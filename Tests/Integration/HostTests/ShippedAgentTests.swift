import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Hosts

/// What the agents that `make dist` makes ask of a host's system. They are linked with all else that they are made of.
@Suite(.enabled(if: ReleaseFiles.haveAgents || isCI, "needs both agents: make dist"))
struct ShippedAgentTests {
  private func readelf(_ option: String, _ architecture: String) throws -> String {
    try hostTool("/usr/bin/env", "readelf", "--wide", option, ReleaseFiles.agent(architecture))
  }

  /// The other architecture's by emulation of the processor alone (qemu-user), over the libraries it was linked with.
  @Test(arguments: ["amd64", "arm64"]) func `it runs, and answers a coordinator`(architecture: String) throws
  {
    let cache = try hostTool(
      "sh", "-c", "printf %s \"${FLEET_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fleet-build}\"")
    let machine = architecture == "amd64" ? "x86_64" : "aarch64"
    let isOwn = HostArchitecture.own.rawValue == machine
    let emulated = "qemu-\(machine)-static -L \"$(echo \(cache)/cross-*-\(architecture)/target)\""
    let program = (isOwn ? "" : emulated + " ") + ReleaseFiles.agent(architecture)
    let folder = try HostFolder()
    let transport = LocalTransport(name: "pi", home: FilePath(folder.path))
    let talk = try AgentConversation(
      transport.start("\(program) serve"), host: "pi", version: FleetVersion.text)
    #expect(talk.hello.version == FleetVersion.text)
    #expect(talk.hello.architecture == machine)
  }

  /// Of any Debian, also of the smallest.
  @Test(arguments: ["amd64", "arm64"]) func `no library but libc, and what C++ brings`(architecture: String)
    throws
  {
    let needed = try readelf("--dynamic", architecture).matches(of: #/\(NEEDED\).*\[(.+)\]/#).map {
      String($0.1)
    }
    #expect(needed.contains("libc.so.6"))
    let known: Set = ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"]
    #expect(needed.filter { !known.contains($0) && !$0.hasPrefix("ld-linux") } == [])
  }

  /// Debian 12 has glibc 2.36 and GCC 12.2 (libstdc++'s ABI: gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html).
  @Test(arguments: ["amd64", "arm64"]) func `nothing newer than Debian 12 has`(architecture: String) throws {
    let newest = ["GLIBC": [2, 36], "GLIBCXX": [3, 4, 30], "CXXABI": [1, 3, 13], "GCC": [12, 0, 0]]
    let asked = try readelf("--version-info", architecture).matches(of: #/Name: ([A-Z]+)_([0-9.]+)\b/#)
    #expect(asked.count > 10)
    for match in asked {
      let version = match.2.split(separator: ".").compactMap { Int($0) }
      let limit = try #require(newest[String(match.1)], "\(match.0)")
      #expect(!limit.lexicographicallyPrecedes(version), "\(match.0)")
    }
  }
}
