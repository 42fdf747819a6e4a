import Archive
import Foundation
import Release
import SystemPackage
import Testing

/// Archives as git makes them: the commit and the tree that the manifest names are git's own.
@Suite struct GitArchiveTests {
  let workshop: Workshop
  let commit: String
  let tree: String

  init() throws {
    workshop = try Workshop()
    try workshop.shell(
      """
      git init -q repo; cd repo
      mkdir -p lib/deep lib-a databases 'with space'
      echo hello > README; echo run > lib/run; chmod +x lib/run; echo deep > lib/deep/x
      echo a > lib-a/a; echo b > lib.b; echo c > lib0; : > empty; head -c 300000 /dev/urandom > big
      echo ä > 'with space/käse'; ln -s ../README lib/link; ln -s missing dangling; ln -s lib dirlink
      echo long > with\\ space/$(printf 'n%.0s' $(seq 1 200))
      git add -A; git commit -qm one
      """)
    commit = try workshop.shell("git rev-parse HEAD", in: "repo")
    tree = try workshop.shell("git rev-parse 'HEAD^{tree}'", in: "repo")
  }

  static let makers = [
    "git archive --format=tar --prefix=top/ HEAD > ../a",
    "git archive --format=tar.gz --prefix=top/ HEAD > ../a",
    "git archive --format=tar --prefix=top/ HEAD | gzip -1 > ../a",
    "git archive --format=tar --prefix=top/ HEAD | xz > ../a",
    "git archive --format=tar --prefix=top/ HEAD | zstd -q > ../a",
    "git archive --format=zip --prefix=top/ HEAD > ../a",
  ]

  @Test(arguments: makers)
  func `commit and tree are git's own`(maker: String) throws {
    try workshop.shell(maker, in: "repo")
    let archive = workshop.path("a")
    let manifest = try ArchiveJudge.inspect(archive)
    #expect(manifest.commit?.description == commit)
    #expect(manifest.tree.description == tree)
    #expect(manifest.topDirectory == "top")
    #expect(manifest.treeObstacles == [])
    let digest = try workshop.shell("sha256sum a").prefix(64)
    #expect(manifest.sha256.description == digest)
    #expect(try String(manifest.sizeBytes) == workshop.shell("stat -c %s a"))
    #expect(manifest.entries.first { $0.path == "lib/run" }?.mode == 0o755)
    #expect(manifest.entries.first { $0.path == "lib/link" }?.target == "../README")
    #expect(manifest.entries.first { $0.path == "with space/käse" }?.sizeBytes == 3)
  }

  @Test(arguments: makers)
  func `what is extracted is what git has`(maker: String) throws {
    try workshop.shell(maker + "; mkdir ../out", in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    try ArchiveExtractor.extract(workshop.path("a"), into: workshop.path("out"), manifest: manifest)
    try ArchiveExtractor.verifyTree(workshop.path("out"), manifest: manifest)
    let readBack = try workshop.shell(
      "cp -a ../repo/.git .git; git add -A; git write-tree; rm -r .git", in: "out")
    #expect(readBack == tree)
  }

  @Test func `without a top directory nothing is stripped`() throws {
    try workshop.shell("git archive HEAD > ../a", in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"), strippingTopDirectory: false)
    #expect(manifest.tree.description == tree)
    #expect(manifest.topDirectory == nil)
    #expect(try ArchiveJudge.inspect(workshop.path("a")) == manifest)
  }

  @Test func `a tar of the same files without git names no commit`() throws {
    try workshop.shell("rm -rf repo/.git; tar -czf a repo; tar -C repo -czf b .")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    #expect(manifest.tree.description == tree)
    #expect(manifest.commit == nil)
    let bare = try ArchiveJudge.inspect(workshop.path("b"), strippingTopDirectory: false)
    #expect(bare.tree.description == tree)
  }

  @Test func `a changed file is another tree`() throws {
    try workshop.shell("rm -rf repo/.git; echo changed > repo/lib/deep/x; tar -czf a repo")
    #expect(try ArchiveJudge.inspect(workshop.path("a")).tree.description != tree)
  }

  @Test func `what breaks the equality is named`() throws {
    try workshop.shell(
      """
      mkdir docs; echo secret > docs/internal
      echo '# export-ignore is only named here' > lib/.gitattributes
      echo 'docs/internal   export-ignore' > .gitattributes
      echo 'README -export-ignore export-subst' > lib-a/.gitattributes
      : > .gitmodules
      git add -A; git commit -qm two; git archive --format=tar.gz --prefix=top/ HEAD > ../a
      """, in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    #expect(
      Set(manifest.treeObstacles) == [
        .submodules, .exportIgnore(attributes: ".gitattributes"),
        .exportSubst(attributes: "lib-a/.gitattributes"),
      ])
    #expect(try manifest.tree.description != workshop.shell("git rev-parse 'HEAD^{tree}'", in: "repo"))
  }

  @Test(arguments: [
    ("README text eol=crlf", "eol=crlf"), ("README ident", "ident"),
    ("README text working-tree-encoding=UTF-16LE", "working-tree-encoding="),
  ])
  func `what git converts in an archive is named`(line: String, attribute: String) throws {
    try workshop.shell(
      """
      printf '$Id$\n\n' > README; git add -A; git commit -qm plain
      echo '\(line)' > .gitattributes; git add -A; git commit -qm two
      git archive --format=tar.gz --prefix=top/ HEAD > ../a
      """, in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    #expect(manifest.treeObstacles == [.conversion(attributes: ".gitattributes", by: attribute)])
    #expect(try manifest.tree.description != workshop.shell("git rev-parse 'HEAD^{tree}'", in: "repo"))
  }

  @Test(arguments: ["* text=auto eol=lf", "*.png binary", "README -ident", "# README ident"])
  func `what changes nothing in an archive is no obstacle`(line: String) throws {
    try workshop.shell(
      """
      echo '\(line)' > .gitattributes; git add -A; git commit -qm two
      git archive --format=tar.gz --prefix=top/ HEAD > ../a
      """, in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    #expect(manifest.treeObstacles == [])
    #expect(try manifest.tree.description == workshop.shell("git rev-parse 'HEAD^{tree}'", in: "repo"))
  }

  @Test func `a zip of another system has no programs`() throws {
    try workshop.shell(
      """
      python3 -c 'import zipfile; z = zipfile.ZipFile("a", "w"); i = zipfile.ZipInfo("top/run"); i.create_system = 0; \
      i.external_attr = 0; z.writestr(i, "#!/bin/sh\\n"); z.close()'
      """)
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    #expect(manifest.entries.filter { $0.kind == .file }.map(\.mode) == [0o644])
  }

  @Test func `the verdict follows from the manifest`() throws {
    try workshop.shell("git archive --format=tar.gz --prefix=top/ HEAD > ../a", in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    let tag = try #require(TagName("v4.2.0"))
    let claimed = ReleaseIdentity(tag: tag, commit: ObjectID(commit), tree: ObjectID(tree), sha256: nil)
    let release = try VerifiedRelease.verify(
      claimed: claimed, app: "app", observed: manifest.observed, require: [.commit, .tree],
      lock: FleetLock(), accept: false, tls: false, publishedDigest: nil, isSigned: false)
    #expect(release.evidence == [.commit, .tree])
  }

  @Test func `the manifest survives being kept`() throws {
    try workshop.shell("git archive --format=tar.gz --prefix=top/ HEAD > ../a", in: "repo")
    let manifest = try ArchiveJudge.inspect(workshop.path("a"))
    let json = try JSONEncoder().encode(manifest)
    #expect(try JSONDecoder().decode(ArchiveManifest.self, from: json) == manifest)
    for path in ["../README", "/etc/passwd", "", "a/../b", "a\\u0000"] {
      let text = String(decoding: json, as: UTF8.self)
      let bad = text.replacingOccurrences(of: "\"path\":\"README\"", with: "\"path\":\"\(path)\"")
      #expect(bad != text)
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(ArchiveManifest.self, from: Data(bad.utf8))
      }
    }
  }
}
