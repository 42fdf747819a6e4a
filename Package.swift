// swift-tools-version: 6.2
import PackageDescription

// The order below is the order of the layers: a target imports only what stands above it.
// Tests/TidyTests reads every import in Sources and holds that direction.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func door(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// What only the power tests use.
func powerTool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: "Tests/Power/\(name)")
}

let package = Package(
  name: "fleet",
  products: [
    .executable(name: "fleet", targets: ["fleet"]),
    .executable(name: "fleet-agent", targets: ["fleet-agent"]),
    // Preloaded by the power tests.
    .library(name: "nosync", type: .dynamic, targets: ["nosync"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    door("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    door("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    door("CSSH2", pkgConfig: "libssh2", apt: "libssh2-1-dev"),
    door("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    door("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    .target(name: "CLinux"),

    library("Release", [crypto]),
    library("Wire", []),
    library("Files", ["CLinux", system]),
    library("Archive", ["CArchive", "Release", "Files", crypto, system]),
    library("Database", ["CSQLite", "Files", system]),
    library("SSH", ["CSSH2", "Files", crypto, system]),
    library("Download", ["CCurl", "Files", system]),
    library(
      "Agent",
      ["CLinux", "Release", "Wire", "Files", "Archive", "Database", "Download", crypto, system]),
    library(
      "Coordinator",
      [
        "Release", "Wire", "Files", "Archive", "SSH", "Download", crypto, system, "Yams",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(name: "fleet-agent", dependencies: ["Agent"], swiftSettings: strict),
    .executableTarget(name: "fleet", dependencies: ["Coordinator"], swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Wire", "Files", "Archive", system], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("ReleaseTests", ["Release"]),
    tests("WireTests", ["Wire"]),
    tests("FilesTests", ["Files", "TestSupport"]),
    tests("ArchiveTests", ["Archive", "Release", "Files"]),
    tests("DatabaseTests", ["Database", "Files", "TestSupport"]),
    tests("SSHTests", ["SSH", "TestSupport"]),
    tests("DownloadTests", ["Download", "TestSupport"]),
    tests(
      "AgentTests",
      [
        "CSQLite", "Agent", "fleet-agent", "Wire", "Release", "Files", "Archive", "Database", "Download",
        "TestSupport", system,
      ]),
    tests("CoordinatorTests", ["Coordinator", "Agent", "Wire", "Release", "Files", "TestSupport"]),
    tests("LabTests", ["TestSupport"]),
    // A disk that writes everything down, a small app, and a library that leaves one sync out.
    .systemLibrary(
      name: "CFuse", path: "Tests/Power/CFuse", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
    powerTool("blocklog", ["CFuse"]),
    powerTool("pocket", ["CSQLite"]),
    .target(name: "nosync", path: "Tests/Power/nosync"),
    tests(
      "PowerTests",
      [
        "Wire", "Release", "Files", "Archive", "TestSupport", "fleet-agent", "blocklog", "pocket", "nosync",
        crypto, system,
      ]),
    .executableTarget(name: "killat", path: "Tests/killat"),
    tests(
      "TortureTests",
      [
        "Agent", "fleet-agent", "killat", "Wire", "Release", "Files", "Archive", "Database", "TestSupport",
        system,
      ]),
    tests("TidyTests", []),
  ]
)
