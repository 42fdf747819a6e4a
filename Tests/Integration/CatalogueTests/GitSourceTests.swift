import Foundation
import Release
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Inventory

/// Releases that git itself brings.
@Suite struct GitSourceTests {
  private struct Place {
    let desk: Desk
    let repository: FilePath
    var source: ReleaseSource { .git(url: repository.string) }

    /// What git does in the repository.
    @discardableResult
    func git(_ words: String...) async throws -> String {
      try await tool(
        "/usr/bin/git",
        ["-c", "user.name=g", "-c", "user.email=g@g", "-c", "safe.directory=*", "-C", repository.string]
          + words)
    }

    /// What lies in the cache.
    var kept: [String] {
      get throws { try FileManager.default.subpathsOfDirectory(atPath: desk.cache.string) }
    }

    /// What was brought to make an archive of.
    var repositories: [String] { get throws { try kept.filter { $0.hasSuffix(".git") } } }

    func write(_ text: String, to name: String) throws {
      try text.write(toFile: repository.appending(name).string, atomically: true, encoding: .utf8)
    }
  }

  private func place() async throws -> Place {
    let desk = try Desk()
    return Place(desk: desk, repository: try await GrowroomReleases.repository(in: desk.scratch))
  }

  private static func environment(_ more: [String: String] = [:]) -> [String: String] {
    // Whose copy of a repository it is makes no difference to these tests.
    let given = [
      "PATH": "/usr/bin:/bin", "HOME": "/nowhere", "GIT_CONFIG_COUNT": "1",
      "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    ]
    return given.merging(more) { $1 }
  }

  @Test func `a release is listed and fetched, and its commit and tree are proved`() async throws {
    let place = try await place()
    let catalogue = place.desk.catalogue(environment: Self.environment())
    let entries = try await catalogue.entries(of: place.source)
    #expect(Set(["v4.1.0", "v4.2.0"]).isSubset(of: entries.map(\.tag)))
    let ids = try await GrowroomReleases.ids(place.repository, "v4.1.0")
    #expect(entries.first { $0.tag == "v4.1.0" }?.sourceTag.commit?.description == ids.commit)
    let release = try await catalogue.fetch("v4.1.0", of: place.source)
    #expect(release.verified == ["commit", "tree"])
    #expect(release.name.commit == ids.commit && release.name.tree == ids.tree)
    #expect(try await catalogue.fetch("v4.1.0", of: place.source) == release)
    #expect(try await catalogue.entries(of: place.source).first { $0.fetched }?.tag == "v4.1.0")
    #expect(try place.kept.contains { $0.hasSuffix("/archive") })
    #expect(try place.repositories.isEmpty)
    // Where it cannot be reached, what is on file is still that release.
    try FileManager.default.removeItem(atPath: place.repository.string)
    #expect(try await catalogue.fetch("v4.1.0", of: place.source) == release)
    let text = await refusal(.source) { try await catalogue.fetch("v4.2.0", of: place.source) }
    #expect(text.contains("git cannot list the tags of") && text.contains("git ls-remote --tags"))
  }

  @Test func `a tag with an object of its own, and one behind a prefix, stand for their commits`()
    async throws
  {
    let place = try await place()
    try await place.git("tag", "-a", "-m", "now", "v9.0.0", "v4.2.0")
    try await place.git("tag", "app/v6.0.0", "v4.2.0")
    let catalogue = place.desk.catalogue(environment: Self.environment())
    let commit = try await GrowroomReleases.ids(place.repository, "v4.2.0").commit
    let release = try await catalogue.fetch("v9.0.0", of: place.source)
    #expect(release.name.commit == commit)
    let prefixed = ReleaseSource.git(url: place.repository.string, tagPrefix: "app/")
    let list = try await catalogue.list(of: prefixed)
    #expect(list.entries.map(\.tag) == ["v6.0.0"] && list.passedOver.count > 0)
    #expect(try await catalogue.fetch("v6.0.0", of: prefixed).name.commit == commit)
  }

  @Test func `attributes leave nothing out and change nothing`() async throws {
    let place = try await place()
    try place.write(
      "* export-ignore ident text eol=crlf\nversion.txt export-subst\n", to: ".gitattributes")
    try place.write("$Format:%H$ $Id$\n", to: "version.txt")
    try await place.git("add", "--force", ".")
    try await place.git("commit", "-q", "-m", "attributes")
    try await place.git("tag", "v7.0.0")
    let release = try await place.desk.catalogue(environment: Self.environment()).fetch(
      "v7.0.0", of: place.source)
    #expect(release.verified == ["commit", "tree"])
    let read = try await tool("/usr/bin/tar", ["-xOf", release.file.string, "growroom-v7.0.0/version.txt"])
    #expect(read == "$Format:%H$ $Id$\n")
  }

  @Test func `a tag that was moved is refused`() async throws {
    let place = try await place()
    let catalogue = place.desk.catalogue(environment: Self.environment())
    _ = try await catalogue.fetch("v4.1.0", of: place.source)
    try await place.git("tag", "-f", "v4.1.0", "v4.2.0")
    let text = await refusal(.changed) { try await catalogue.fetch("v4.1.0", of: place.source) }
    #expect(text.contains("fleet fetch --accept 4.1.0"))
    #expect(try place.repositories.isEmpty)
    #expect(
      try await catalogue.fetch("v4.1.0", of: place.source, accept: true).verified == ["commit", "tree"])
  }

  @Test func `the user's own settings may not lead git to a program, and others do as they say`() async throws
  {
    let place = try await place()
    func led(_ to: String) -> [String: String] {
      Self.environment([
        "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_1": "url.\(to).insteadOf",
        "GIT_CONFIG_VALUE_1": "https://git.example.org/growroom",
      ])
    }
    let source = ReleaseSource.git(url: "https://git.example.org/growroom")
    let text = await refusal(.source) {
      try await place.desk.catalogue(environment: led("ext::sh -c touch% /tmp/never")).entries(of: source)
    }
    #expect(text.contains("in a way that fleet does not take"))
    let release = try await place.desk.catalogue(environment: led(place.repository.string)).fetch(
      "v4.1.0", of: source)
    // What comes out of a folder did not come over TLS, whatever the address looks like.
    #expect(release.verified == ["commit", "tree"])
  }

  @Test func `git that is not there, or has nothing to say, is told`() async throws {
    let place = try await place()
    let bare = place.desk.catalogue(environment: Self.environment())
    let missing = await refusal(.source) { try await bare.entries(of: .git(url: "/nowhere/at/all")) }
    #expect(missing.contains("git cannot list the tags of /nowhere/at/all"))
    let none = await refusal(.notFound) { try await bare.fetch("v9.9.9", of: place.source) }
    #expect(none.contains("has no release v9.9.9"))
    for (environment, says) in [
      (["TOKEN": "secret"], "no web address"), ([:], "no web address"),
    ] {
      let source = ReleaseSource.git(url: place.repository.string, tokenVariable: "TOKEN")
      let text = await refusal(.source) {
        try await place.desk.catalogue(environment: Self.environment(environment)).entries(of: source)
      }
      #expect(text.contains(says) && !text.contains("secret"))
    }
  }

  @Test func `a server that asks for a password is not answered from a terminal, and gets the token`()
    async throws
  {
    let place = try await place()
    for words in [["repack", "-adq"], ["pack-refs", "--all"], ["update-server-info"]] {
      try await tool("/usr/bin/git", ["-c", "safe.directory=*", "-C", place.repository.string] + words)
    }
    var answers: [String: CannedServer.Answer] = [:]
    let folder = place.repository.appending(".git")
    let wants = "Basic \(Data("git:secret".utf8).base64EncodedString())"
    let packs = try FileManager.default.contentsOfDirectory(atPath: folder.pushing("objects/pack").string)
    for name in ["HEAD", "info/refs", "objects/info/packs"] + packs.map({ "objects/pack/\($0)" }) {
      let answer = CannedServer.Answer(file: folder.pushing(FilePath(name)).string, wants: wants)
      answers["/growroom.git/\(name)"] = answer
      // What a server that knows git's protocol is asked first.
      answers["/growroom.git/\(name)?service=git-upload-pack"] = answer
    }
    let server = try await CannedServer.start(answers)
    let source = ReleaseSource.git(
      url: "http://127.0.0.1:\(server.port)/growroom.git", tokenVariable: "TOKEN")
    let text = await refusal(.source) {
      try await place.desk.catalogue(environment: Self.environment()).entries(of: source)
    }
    #expect(text.contains("git cannot list the tags of"))
    let environment = Self.environment(["TOKEN": "secret"])
    let release = try await place.desk.catalogue(environment: environment).fetch("v4.1.0", of: source)
    #expect(release.verified == ["commit", "tree"])
  }

  @Test(
    arguments: [
      ("https://x.org/a.git", "https"), ("http://127.0.0.1/a", "http"), ("ssh://git@x.org/a", "ssh"),
      ("git@x.org:a/b.git", "ssh"), ("/srv/a.git", "file"), ("../a:b", "file"), ("file:///srv/a", "file"),
      ("ext::sh -c x", nil), ("git://x.org/a", nil), ("HTTPS://x.org/a", "https"), ("ftp://x.org/a", nil),
    ] as [(String, String?)])
  func `how git reaches a repository is known by its address`(address: String, way: String?) {
    #expect(GitProgram.Transport(of: address)?.rawValue == way)
  }
}
