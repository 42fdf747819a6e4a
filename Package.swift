// swift-tools-version: 6.2
import PackageDescription

// The order below is the order of the layers: a target imports only what stands above it.
// LayerTests reads every import in Sources and holds that direction.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

func nio(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-nio") }

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A room of a house: a folder in it that is a target.
func room(_ name: String, of house: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(house)/\(name)", swiftSettings: strict)
}

/// What is not in its rooms.
func house(_ name: String, _ rooms: [String], _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies + rooms.map { .target(name: $0) }, exclude: rooms,
    swiftSettings: strict)
}

func door(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let agentRooms: [Target.Dependency] = ["Upgrade", "Effects", "Agent"]
/// What the commands are made of.
let engineRooms: [Target.Dependency] = [
  "Zones", "Text", "Store", "Inventory", "Rollout", "Programs", "Catalogue", "Hosts", "Driver", "Report",
  "Hub",
]
let coordinatorRooms = engineRooms + ["Hub", "Coordinator"]

/// The folders of the tests (docs/testing.md): what a test needs decides where it lives.
enum TestKind: String {
  case unit = "Unit"
  case integration = "Integration"
  case lab = "Lab"
  case campaigns = "Campaigns"
}

func tests(
  _ kind: TestKind, _ name: String, _ dependencies: [Target.Dependency], excluding files: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(kind.rawValue)/\(name)",
    exclude: files, swiftSettings: strict)
}

/// `make fuzzers`: the program that libFuzzer drives. It is built with sanitizers, in a folder of its own, and is else
/// no part of the package.
let isFuzzing = Context.environment["FLEET_FUZZING"] == "1"

/// What is to hold of foreign bytes, whoever makes them up: libFuzzer, or a test that reads those of the corpus again.
let foreignBytes = (
  dependencies: agentRooms + engineRooms + [
    "ByteText", "Release", "Wire", "Files", "Archive", "SSH", "Download", "Minisign", system,
  ],
  path: "Tests/Support/ForeignBytes"
)
let fuzzing: [Target] =
  isFuzzing
  ? [
    .target(
      name: "ForeignBytes", dependencies: foreignBytes.dependencies, path: foreignBytes.path,
      swiftSettings: strict),
    .executableTarget(
      name: "fleet-fuzz", dependencies: ["ForeignBytes"], path: "Tests/Campaigns/Tools/fuzz",
      swiftSettings: strict),
  ]
  : [
    .testTarget(
      name: "ForeignBytes", dependencies: foreignBytes.dependencies, path: foreignBytes.path,
      swiftSettings: strict)
  ]

let package = Package(
  name: "fleet",
  products: [
    .executable(name: "fleet", targets: ["fleet"]),
    .executable(name: "fleet-agent", targets: ["fleet-agent"]),
  ],
  // Exactly these: Package.resolved is not kept, so this list is what a build is made of.
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  ],
  targets: [
    door("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    door("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    door("CSSH2", pkgConfig: "libssh2", apt: "libssh2-1-dev"),
    door("CNettle", pkgConfig: "nettle", apt: "nettle-dev"),
    door("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    door("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    door("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
    door("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    .target(name: "CLinux"),

    library("ByteText", []),
    library("Digest", ["CNettle"]),
    library("Release", ["ByteText", "Digest"]),
    library("Wire", ["ByteText", "Release"]),
    library("Files", ["CLinux", "ByteText", system]),
    library("Archive", ["CArchive", "ByteText", "Release", "Files", system]),
    library("Delta", ["CZstd", "ByteText", "Release", "Wire", "Files", system]),
    library("Database", ["CSQLite", "ByteText", "Files", system]),
    library("Threads", ["CLinux", "Files", system]),
    library("SSH", ["CSSH2", "ByteText", "Files", "Digest", "Threads", system]),
    library("Minisign", ["CSodium", "ByteText", "Files", system]),
    library("Password", ["CSodium", "ByteText"]),
    library(
      "Web",
      [
        "ByteText", system, nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
      ]),
    library("Download", ["CCurl", "ByteText", "Files", system]),
    room("Upgrade", of: "Agent", ["ByteText", "Wire"]),
    room(
      "Effects", of: "Agent",
      ["CLinux", "ByteText", "Release", "Wire", "Files", "Archive", "Database", "Download", system]),
    house(
      "Agent", ["Upgrade", "Effects"],
      ["CLinux", "ByteText", "Release", "Wire", "Files", "Archive", "Delta", "Database", "Download", system]),
    room("Zones", of: "Coordinator", ["ByteText", "Files", system]),
    room("Text", of: "Coordinator", ["ByteText", "Wire", "Zones"]),
    room("Store", of: "Coordinator", ["ByteText", "Files", "Text", system]),
    room(
      "Inventory", of: "Coordinator",
      ["CYAML", "ByteText", "Release", "Wire", "Files", "Minisign", "Zones", "Text", system]),
    room("Rollout", of: "Coordinator", ["ByteText", "Wire", "Text"]),
    room("Programs", of: "Coordinator", [system]),
    room(
      "Catalogue", of: "Coordinator",
      [
        "ByteText", "Release", "Wire", "Files", "Archive", "Delta", "Minisign", "Download", "Threads", "Text",
        "Store",
        "Inventory", "Programs", system,
      ]),
    room(
      "Hosts", of: "Coordinator",
      [
        "ByteText", "Release", "Wire", "Files", "SSH", "Threads", "Text", "Inventory", "Rollout", "Programs",
        system,
      ]),
    room(
      "Driver", of: "Coordinator",
      [
        "ByteText", "Release", "Wire", "Files", "Text", "Store", "Inventory", "Rollout", "Catalogue", "Hosts",
        system,
      ]),
    room(
      "Report", of: "Coordinator",
      [
        "ByteText", "Release", "Wire", "Download", "Threads", "Text", "Store", "Inventory", "Rollout",
        "Programs", "Catalogue", "Hosts", "Driver", system,
      ]),
    room(
      "Hub", of: "Coordinator",
      ["ByteText", "Wire", "Password", "Web", "Text", "Driver", "Report"]),
    house(
      "Coordinator",
      [
        "Zones", "Text", "Store", "Inventory", "Rollout", "Programs", "Catalogue", "Hosts", "Driver",
        "Report", "Hub",
      ],
      [
        "ByteText", "Release", "Wire", "Files", "Archive", "Threads", "SSH", "Download", "Password", "Web",
        system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(name: "fleet-agent", dependencies: ["Agent"], swiftSettings: strict),
    .executableTarget(name: "fleet", dependencies: ["Coordinator"], swiftSettings: strict),

    // Test targets themselves, since they look into others as tests do: only test builds can.
    .testTarget(
      name: "TestSupport", dependencies: ["Wire", "Files", "Archive", system],
      path: "Tests/Support/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "CoordinatorSupport", dependencies: coordinatorRooms + ["Wire"],
      path: "Tests/Support/CoordinatorSupport", swiftSettings: strict),
    tests(.unit, "ByteTextTests", ["ByteText"]),
    tests(.unit, "DigestTests", ["Digest"]),
    tests(.unit, "ReleaseTests", ["Release"]),
    tests(.unit, "WireTests", ["Wire"]),
    tests(.unit, "FilesTests", ["Files", system]),
    tests(.unit, "ArchiveTests", ["Archive", "Release", system]),
    tests(.unit, "DeltaTests", ["Delta", "Archive", "Release", "Wire", "Files", system]),
    tests(.unit, "DatabaseTests", ["Database", "Files", system]),
    tests(.unit, "ThreadsTests", ["Threads"]),
    tests(.unit, "PasswordTests", ["Password"]),
    tests(.unit, "WebTests", ["Web"]),
    tests(.unit, "SSHTests", ["SSH"]),
    tests(.unit, "DownloadTests", ["Download"]),
    tests(.unit, "AgentTests", agentRooms + ["Wire", "Files", system]),
    tests(
      .unit, "CoordinatorTests",
      coordinatorRooms + [
        "CoordinatorSupport", "Wire", "Release", "Files", "Archive", "Minisign", "SSH", "Download",
        "Password",
        "Web", system,
      ]),
    tests(.unit, "TidyTests", []),

    tests(.integration, "SSHServerTests", ["SSH", system]),
    tests(.integration, "WebServerTests", ["Download", "Web", system]),
    tests(
      .integration, "CatalogueTests",
      coordinatorRooms + ["Minisign", "Wire", "Release", "Files", "Archive", "Delta", "Download", system]),
    tests(.integration, "ReportTests", coordinatorRooms + ["CoordinatorSupport", "Threads", "Wire", system]),
    tests(
      .integration, "HostTests",
      coordinatorRooms + ["CoordinatorSupport", "Threads", "SSH", "Wire", system]),
    tests(.integration, "EffectTests", agentRooms + ["fleet-agent", "Wire", system]),
    tests(
      .integration, "JobTests",
      agentRooms + ["fleet-agent", "ByteText", "Wire", "Release", "Files", "Archive", "Delta", system]),

    tests(.lab, "LabTests", []),

    tests(.campaigns, "FailureTests", agentRooms + ["CSQLite", "Wire", "Files", "Archive", system]),
    tests(.campaigns, "SimulationTests", agentRooms + coordinatorRooms + ["CoordinatorSupport", "Wire"]),
    tests(
      .campaigns, "PowerTests", ["fleet-agent", "Wire", "Files", "Archive", "Digest", system],
      excluding: ["host.sh"]),
    tests(
      .campaigns, "TortureTests",
      agentRooms + ["fleet-agent", "Wire", "Release", "Archive", "Database", system]),
    tests(.campaigns, "FuzzTests", ["ForeignBytes", system], excluding: ["corpus", "archives.py"]),
  ] + fuzzing
)
