import SystemPackage
import Testing
import Wire

@testable import Agent

/// What would stay behind, in groups that say what it likely is.
@Suite struct FileGroupingTests {
  private static let release = ReleaseListing(
    files: ["app/main.py", "app/static/logo.png", "config.ini", "docs/index.md"].map {
      ReleaseListing.File(path: $0, blob: "")
    })

  private func groups(
    _ files: [(String, FileGroup.Kind)], environments: [FilePath] = [], carried: [FilePath] = [],
    listing: ReleaseListing? = release
  ) -> [FileGroup] {
    var grouping = FileGrouping(listing: listing)
    for path in carried { grouping.keep(path) }
    for path in environments { grouping.addEnvironment(path) }
    for (path, kind) in files { grouping.add(FilePath(path), kind, bytes: 10) }
    return grouping.list
  }

  /// Files, and the group that they become.
  private static let alone:
    [(paths: [String], kind: FileGroup.Kind, is: FileGroup.Kind, place: FileGroup.Place)] = [
      (["app/__pycache__/main.cpython-311.pyc"], .added, .byteCode, .names("__pycache__")),
      (["app/main.pyc"], .added, .byteCode, .names("*.pyc")),
      (["app/__pycache__/main.pyc"], .changed, .byteCode, .names("__pycache__")),
      (["lib/app.egg-info/PKG-INFO", "lib/app.egg-info/x"], .added, .packageInfo, .names("*.egg-info")),
      (["config.ini~", "app/main.py~"], .added, .editorBackup, .names("*~")),
      (["app/.main.py.swp"], .added, .editorBackup, .names("*.swp")),
      (["logs/app.log", "logs/2024/app.log.1.gz"], .added, .log, .folder("logs")),
      (["app/error.log"], .added, .log, .files(in: "app")),
      (["app.pid"], .added, .runtime, .files(in: "")),
      (["run/app.sock"], .runtime, .runtime, .folder("run")),
      (["uploads/2024/1.JPG", "uploads/2023/film.mp4"], .added, .picture, .folder("uploads")),
      (["app/static/mine.png"], .added, .picture, .files(in: "app/static")),
      (["app/static/logo.png"], .changed, .changed, .files(in: "app/static")),
      (["ssl/server.key", "ssl/server.crt"], .added, .certificate, .folder("ssl")),
      (["notes.txt"], .added, .added, .files(in: "")),
      (["plugins/mine/a.py", "plugins/b.py"], .added, .added, .folder("plugins")),
      (["config.ini"], .changed, .changed, .files(in: "")),
      (["data/x.db"], .database, .database, .files(in: "data")),
      (["media"], .linkOut, .linkOut, .files(in: "")),
    ]

  @Test func `a group is named by content, name and place`() {
    for row in Self.alone {
      let found = groups(row.paths.map { ($0, row.kind) })
      #expect(found.map(\.kind) == [row.is] && found.map(\.place) == [row.place], "\(row.paths): \(found)")
      #expect(found.first?.count == row.paths.count && found.first?.bytes == Int64(10 * row.paths.count))
    }
  }

  @Test func `a folder with something of the release, carried, or data in it is no group`() {
    let pictures: [(String, FileGroup.Kind)] = [("up/a.jpg", .added), ("up/deep/b.jpg", .added)]
    #expect(groups(pictures).map(\.place) == [.folder("up")])
    #expect(groups(pictures, carried: ["up/kept"]).map(\.place) == [.files(in: "up"), .folder("up/deep")])
    let data = groups([("up/x.db", .database)] + pictures)
    #expect(data.map(\.place) == [.files(in: "up"), .files(in: "up"), .folder("up/deep")])
    let environment = groups(pictures + [("up/env/bin/python", .added)], environments: ["up/env"])
    #expect(environment.map(\.place).contains(.folder("up")) == false)
    #expect(environment.contains { $0.kind == .environment && $0.place == .folder("up/env") })
    // Somebody's database in an environment is no reason to lose it.
    let odd = groups([("env/x.db", .database), ("env/bin/python", .added)], environments: ["env"])
    #expect(odd.map(\.place) == [.files(in: "env"), .files(in: "env")])
  }

  @Test func `what lies beside a database goes with it`() {
    let found = groups([
      ("x.db", .database), ("x.db-wal", .added), ("x.db-shm", .added), ("y.db-wal", .added),
    ])
    #expect(found.map(\.examples) == [["x.db"], ["y.db-wal"]])
  }

  @Test func `a folder of several kinds is taken apart where it can be named`() {
    let few = groups([("mine/a.jpg", .added), ("mine/b.txt", .added), ("mine/in/c.jpg", .added)])
    #expect(
      Set(few.map(\.text)) == [
        "mine/a.jpg: a picture or film", "mine/b.txt: a file that the release does not have",
        "mine/in/: a picture or film",
      ])
    let many = groups((0..<50).map { ("mine/\($0).\($0 % 2 == 0 ? "jpg" : "txt")", .added) })
    #expect(many.map(\.text) == ["mine/: 50 files that the release does not have"])
  }

  @Test func `where nobody knows the release no folder is a group`() {
    let found = groups([("a/b.jpg", .unknown), ("a/c.db", .database), ("a/d.pyc", .unknown)], listing: nil)
    #expect(found.map(\.kind) == [.database, .unknown, .byteCode])
    #expect(found[1].place == .files(in: "a"))
  }

  @Test func `names that are no text are counted and not named`() throws {
    var grouping = FileGrouping(listing: Self.release)
    grouping.add(FilePath(platformString: [0x61, -1, 0]), .added)
    grouping.add("caf\u{E9}\u{1B}[31m/x", .added)
    let found = grouping.list
    #expect(found.reduce(0) { $0 + $1.count } == 2)
    #expect(found.allSatisfy { $0.examples == [nil] && $0.place == .files(in: "") }, "\(found)")
    #expect(found.allSatisfy { $0.text.contains("whose name is no text") })
  }

  @Test func `many files and folders become a few groups`() {
    var grouping = FileGrouping(listing: Self.release, maxBuckets: 30)
    for index in 0..<2_000 { grouping.add(FilePath("cam/\(index / 200)/\(index).jpg"), .added) }
    #expect(grouping.list.map(\.count) == [2_000])
    #expect(
      grouping.list[0].place == .folder("cam") && grouping.list[0].examples.count == WireLimits.fileExamples)
    for index in 0..<100 { grouping.add(FilePath("in/\(index)/a"), .added) }
    let found = grouping.list
    #expect(found.map(\.count) == [80, 20, 2_000], "\(found)")
    #expect(found[0].kind == .unknown, "what was not looked at is not said to be known")
    let wide = groups((0..<500).map { ("dir\($0)/a", .added) })
    #expect(wide.count == WireLimits.fileGroups)
  }

  @Test func `however long the names are, all of it fits a frame`() throws {
    // Each quote takes two bytes in JSON.
    let name = String(repeating: "n\"", count: WireLimits.fileNameBytes / 2)
    let long = FileGroup(
      kind: .database, place: .folder(name), count: 20,
      examples: [String?](repeating: name, count: WireLimits.fileExamples))
    let found = FileGrouping.bounded([FileGroup](repeating: long, count: 2 * WireLimits.fileGroups))
    #expect(found.count == WireLimits.fileGroups && found[0] == long)
    #expect(found.last?.examples == [] && found.last?.count == 20)
    #expect(throws: Never.self) { try Frame.encode(Reply.account(found)) }
  }
}
