import SystemPackage
import Testing

@testable import Coordinator
@testable import Inventory

@Suite struct AssetRuleTests {
  private func source(_ lines: String) throws -> ReleaseSource {
    try folder(lines).load().profiles[0].source
  }

  private func folder(_ lines: String) throws -> InventoryFolder {
    try InventoryFolder(
      "app: app\nhosts: { veg: }\n",
      profile: "install: /opt/App\nversion: { file: v, match: (.+) }\nsource: { \(lines) }\n")
  }

  @Test func `a file beside a release is read, with what it needs`() throws {
    let rule = try #require(
      try source(
        "github: o/a, asset: \"a-{version}-{arch}.tgz\", checksums: \"{asset}.sha256\", arch: { aarch64: pi }"
      )
      .asset)
    #expect(rule.name == "a-{version}-{arch}.tgz" && rule.spellings == ["aarch64": "pi"])
    #expect(rule.checksumsName(tag: "v1.2", version: "1.2", asset: "x") == "x.sha256")
    #expect(rule.names(tag: "v1.2", version: "1.2", architecture: "aarch64") == ["a-1.2-pi.tgz"])
    #expect(rule.names(tag: "v1.2", version: "1.2", architecture: "x86_64").first == "a-1.2-amd64.tgz")
    #expect(rule.names(tag: "v1.2", version: "1.2", architecture: nil) == [])
    let plain = AssetRule(name: "{tag}.zip")
    #expect(plain.names(tag: "v1.2", version: "1.2", architecture: "aarch64") == ["v1.2.zip"])
    #expect(!plain.isPerArchitecture)
  }

  @Test(arguments: [
    ("aarch64", "a-1.2-arm64.tgz", "a-arm64_sums"), ("aarch64", "a-1.2-aarch64.tgz", "a-aarch64_sums"),
    ("x86_64", "a-1.2-pc.tgz", "a-pc_sums"),
  ])
  func `the file with the digest has the archive's own word for the architecture`(
    architecture: String, asset: String, file: String
  ) throws {
    let source = try source(
      "github: o/a, asset: \"a-{version}-{arch}.tgz\", checksums: \"a-{arch}_sums\", arch: { x86_64: pc }")
    let rule = try #require(source.made(for: architecture).asset)
    #expect(rule.names(tag: "v1.2", version: "1.2", architecture: architecture).contains(asset))
    #expect(rule.checksumsName(tag: "v1.2", version: "1.2", asset: asset) == file)
  }

  @Test func `what is filled in is not read again`() {
    let rule = AssetRule(name: "{tag}-{version}{x}{arch}")
    #expect(
      rule.names(tag: "{version}", version: "{arch}", architecture: "riscv64") == [
        "{version}-{arch}{x}riscv64"
      ])
  }

  @Test(arguments: [
    ("asset: \"a-{vers}.tgz\"", "{vers} is not known there"), ("asset: \"{version\"", "a { without a }"),
    ("asset: \"../a\"", "must be the name of a file"), ("asset: \"a/b\"", "must be the name of a file"),
    ("asset: \"-a\"", "must be the name of a file"), ("asset: \"a b\"", "must be the name of a file"),
    ("asset: \"a}\"", "must be the name of a file"), ("checksums: S", "checksums belongs to an asset"),
    ("arch: { x86_64: a }", "arch belongs to an asset"),
    ("asset: a, arch: { x86_64: a }", "which is not in it"),
    ("asset: \"{arch}\", arch: { arm: a }", "\"arm\" is no architecture of hosts"),
    ("asset: \"{arch}\", arch: { x86_64: a/b }", "must be a word of file names"),
    ("asset: \"{arch}\", arch: { x86_64: a, aarch64: a }", "one word stands for two architectures"),
    ("asset: \"a\", checksums: \"{arch}\"", "{arch} is not known there"),
  ])
  func `what is no such file is told`(lines: String, says: String) throws {
    #expect(try folder("github: o/a, \(lines)").complaints().contains(says))
  }

  @Test(arguments: [("index: \"https://x.org/r.json\"", "index"), ("directory: /srv", "directory")])
  func `elsewhere an asset has no meaning`(kind: String, name: String) throws {
    #expect(
      try folder("\(kind), asset: a").complaints().contains("asset has no meaning for a source of \(name)"))
  }

  @Test(arguments: [
    "https://x.org/o", "https://x.org", "https://x.org/o/r?x", "https://x.org//r", "https://x.org/o/-r",
  ])
  func `what is no repository of Gitea is told`(url: String) throws {
    #expect(try folder("gitea: \"\(url)\"").complaints().contains("must be the address of a repository"))
  }

  @Test func `what is required by default is what a source can prove`() throws {
    func require(_ lines: String) throws -> Set<String> {
      try folder(lines).load().profiles[0].verify.require
    }
    #expect(try require("github: o/a") == ["commit", "tree"])
    #expect(try require("gitea: \"https://x.org/o/r.git/\"") == ["commit", "tree"])
    #expect(try require("github: o/a, asset: a") == ["sha256"])
    #expect(try require("gitea: \"https://x.org/o/r\", asset: a") == ["sha256"])
    #expect(try require("index: \"https://x.org/r.json\"") == ["sha256"])
    #expect(try require("directory: /srv") == [])
    #expect(try source("gitea: \"https://x.org/o/r.git/\"") == .gitea(url: "https://x.org/o/r"))
  }

  @Test func `a source is another one for each architecture only where its archives are`() {
    func github(_ asset: AssetRule?) -> ReleaseSource {
      .github(repository: "o/a", api: "https://api.github.com", tokenVariable: "T", asset: asset)
    }
    let sources = [
      github(nil), github(AssetRule(name: "a")), github(AssetRule(name: "a-{arch}")),
      github(AssetRule(name: "a-{arch}", spellings: ["aarch64": "pi"])), .gitea(url: "https://x.org/o/a"),
      .gitea(url: "https://x.org/o/a", asset: AssetRule(name: "a")), .index(url: "https://x.org/r.json"),
      .directory("/srv"),
    ]
    #expect(Set(sources.map(\.identity)).count == sources.count)
    #expect(github(nil).identity == "github o/a https://api.github.com")
    for source in sources {
      let arm = source.made(for: "aarch64")
      let differs = source.asset?.isPerArchitecture ?? { if case .index = source { true } else { false } }()
      #expect((arm != source) == differs && (arm.identity != source.identity) == differs)
      #expect(arm.shelf == source.shelf && arm.made(for: nil) == source)
      #expect(arm.lockName(of: "app") == (differs ? "app/aarch64" : "app"))
    }
  }
}
