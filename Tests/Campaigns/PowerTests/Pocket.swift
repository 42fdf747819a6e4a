import Archive
import Foundation
import SystemPackage
import TestSupport
@testable import Wire

/// Releases of pocket, the app of these tests (see `Tests/Campaigns/Tools/pocket`), and the profile that upgrades it.
struct Pocket {
  enum Version: String {
    case old = "1.0.0"
    case good = "1.1.0"
    /// It starts, and says that it is unwell.
    case unwell = "1.1.1"
  }

  struct Release {
    let name: ReleaseName
    let archive: String
    let unpackedBytes: Int64
    let listing: ReleaseListing
  }

  let site: Site

  /// Path to content; a target for symbolic links.
  enum Entry: Equatable {
    case file(String, executable: Bool = false)
    case link(String)
  }

  static func entries(_ version: Version) -> [String: Entry] {
    let schema = version == .old ? "1" : "2"
    let well = version == .unwell ? "no" : "yes"
    var entries: [String: Entry] = [
      "pocket.conf": .file("VERSION = '\(version.rawValue)'\nSCHEMA = '\(schema)'\nWELL = '\(well)'\n"),
      "settings.ini": .file("lamp = 12h\n"),
      "bin/run": .file("#!/bin/sh\nexit 0\n", executable: true),
      "lib/common.txt": .file(String(repeating: "the same in both\n", count: 200)),
      "current": .link("lib/part-1.txt"),
    ]
    for part in 0..<10 {
      let line = "\(version.rawValue) part \(part)\n"
      entries["lib/part-\(part).txt"] = .file(String(repeating: line, count: 1 + part * part * 9))
    }
    if version == .old { entries["lib/gone/old.txt"] = .file("only in the old one\n") }
    if version != .old { entries["lib/deep/deeper/new.txt"] = .file("only in the new one\n") }
    return entries
  }

  /// The tree of a release; its path.
  func tree(_ version: Version) throws -> String {
    let root = site.image("tree-\(version.rawValue)/pocket-\(version.rawValue)")
    for (path, entry) in Self.entries(version) {
      let file = URL(fileURLWithPath: root).appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      switch entry {
      case .file(let content, let executable):
        try Data(content.utf8).write(to: file)
        let mode = executable ? 0o755 : 0o644
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
      case .link(let target):
        try? FileManager.default.removeItem(at: file)
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
      }
    }
    return root
  }

  /// A release as the coordinator would have verified it.
  func release(_ version: Version) throws -> Release {
    ArchiveLocale.set()
    let tree = URL(fileURLWithPath: try tree(version))
    let archive = site.image("\(version.rawValue).tar.gz")
    try Tool.run(
      "tar", "--create", "--gzip", "--sort=name", "--file", archive, "--owner=0", "--group=0",
      "-C", tree.deletingLastPathComponent().path, tree.lastPathComponent,
    )
    let manifest = try ArchiveJudge.inspect(FilePath(archive))
    let name = ReleaseName(
      version: version.rawValue, tag: "v\(version.rawValue)", commit: nil, tree: "\(manifest.tree)",
      sha256: "\(manifest.sha256)", size: Int64(manifest.sizeBytes))
    let files = manifest.entries.compactMap { entry in
      entry.blob.map { ReleaseListing.File(path: entry.path, blob: "\($0)") }
    }
    return Release(
      name: name, archive: archive, unpackedBytes: Int64(manifest.totalBytes),
      listing: ReleaseListing(files: files))
  }

  var program: String { "\(site.programs)/pocket" }

  var profile: AppProfile {
    func run(_ verb: String) -> Run {
      Run(
        command: .arguments([program, verb, site.install, "\(site.folder)/outside"]), timeoutSeconds: 30)
    }
    let outside = "\(site.folder)/mnt/etc/pocket"
    return AppProfile(
      app: "pocket", name: "pocket", install: site.install,
      backups: "\(site.folder)/mnt/app/pocket-backups", keepBackups: 2,
      version: Reading(file: "pocket.conf", match: "^VERSION = '([^']+)'"),
      services: .commands(start: run("start"), stop: run("stop"), status: run("status")),
      outside: [outside], owner: .ofThisUser,
      carry: [
        Carry(
          kind: .sqlite, path: "data/*.db", required: true,
          revision: Revision(
            table: "revision", wanted: Reading(file: "pocket.conf", match: "^SCHEMA = '([^']+)'"))),
        Carry(kind: .copy, path: "settings.ini", required: true),
        Carry(kind: .link, path: "pictures"),
      ],
      ignore: ["env"],
      steps: Steps(
        prepare: [run("prepare")], migrate: [run("migrate")],
        finish: [Run(command: .shell("echo $FLEET_TO >\(outside)"), timeoutSeconds: 30)]),
      // The one look suffices: the app says at once how it is. A machine that does much else may be slow to ask.
      health: Health(healthyForSeconds: 0, deadlineSeconds: 5, checks: [.run(run("check"), expect: "GOOD")]),
      stopTimeoutSeconds: 20)
  }
}
