import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// What is proposed for files that would stay behind.
@Suite struct AdoptionTests {
  private func group(_ kind: FileGroup.Kind, _ place: FileGroup.Place, _ examples: [String?] = [])
    -> FileGroup
  {
    FileGroup(kind: kind, place: place, count: max(1, examples.count), bytes: 1, examples: examples)
  }

  private static let proposals:
    [(kind: FileGroup.Kind, place: FileGroup.Place, examples: [String?], yaml: [String])] =
      [
        (
          .database, .files(in: "data"), ["x.db", "y.db"],
          ["{ sqlite: \"data/x.db\" }", "{ sqlite: \"data/y.db\" }"]
        ),
        (.linkOut, .files(in: ""), ["media"], ["{ copy: \"media\" }"]),
        (.picture, .folder("cameras"), ["a.jpg"], ["{ link: \"cameras\" }"]),
        (.certificate, .files(in: "ssl"), ["a.key"], ["{ copy: \"ssl/a.key\" }"]),
        (.added, .folder("plugins"), ["a.py"], ["{ copy: \"plugins\" }"]),
        (
          .added, .files(in: ""), ["what*is?[this] \\ \"here\""],
          [#"{ copy: "what\\*is\\?\\[this] \\\\ \"here\"" }"#]
        ),
        (.byteCode, .names("__pycache__"), ["a/__pycache__/b.pyc"], ["\"__pycache__\""]),
        (.editorBackup, .names("*~"), ["a~"], ["\"*~\""]),
        (.environment, .folder("env"), ["bin/python"], ["\"env\""]),
        (.log, .folder("logs"), ["a.log"], ["\"logs\""]),
        (.log, .files(in: "app"), ["a.log"], ["\"app/a.log\""]),
      ]

  @Test func `each group that can be decided has its lines`() {
    for row in Self.proposals {
      let adoption = Adoption.of([[group(row.kind, row.place, row.examples)]])
      #expect(adoption.lines.map(\.yaml) == row.yaml && adoption.open == [], "\(row): \(adoption)")
      for line in adoption.lines where row.kind == .database || row.kind == .linkOut {
        #expect(line.key == .carry)
      }
    }
  }

  @Test func `what somebody has to decide is said, and nothing is proposed for it`() {
    let rows: [(FileGroup, String)] = [
      (group(.changed, .files(in: "app"), ["main.py"]), "ignore: takes the new release's"),
      (group(.unknown, .files(in: ""), ["x"]), "nobody knows what the installed release consists of"),
      (group(FileGroup.Kind(rawValue: "new"), .folder("x")), "name them under carry: or ignore:"),
      (FileGroup(kind: .added, place: .files(in: "a"), count: 21, examples: ["b"]), "too many to name"),
      (group(.added, .files(in: ""), [nil]), "names that are no text"),
      // What a host says is no pattern of its choice, and no path out of the install.
      (group(.byteCode, .names("**")), "name them"), (group(.byteCode, .names("data/*.db")), "name them"),
      (group(.byteCode, .names("*")), "name them"),
      (group(.added, .folder("../etc")), "name them"), (group(.added, .folder("/etc")), "name them"),
      (group(.log, .folder("a\u{202E}b")), "look yourself"), (group(.log, .folder("")), "look yourself"),
      // Nor does a kind that a host gives make it waste.
      (group(.byteCode, .names("*.csv")), "name them"), (group(.byteCode, .names("uploads")), "name them"),
      (group(.editorBackup, .names("*.jpg")), "name them"),
      (group(.log, .folder("uploads")), "look yourself"),
      (group(.environment, .folder("data")), "look yourself"),
      (group(.runtime, .files(in: ""), ["grow.csv"]), "look yourself"),
      (group(.log, .files(in: "logs"), ["2024.csv"]), "look yourself"),
      (group(.picture, .names("*.jpg")), "name them"),
    ]
    for (group, why) in rows {
      let adoption = Adoption.of([[group]])
      #expect(adoption.lines.isEmpty && adoption.open.count == 1, "\(group): \(adoption)")
      #expect(adoption.open.first?.contains(why) == true, "\(group): \(adoption)")
    }
  }

  @Test func `no line covers the data of any host`() {
    let data = group(.database, .files(in: "logs"), ["history.db"])
    for other in [
      group(.log, .folder("logs"), ["a.log"]), group(.picture, .folder("logs")),
    ] {
      let adoption = Adoption.of([[other], [data]])
      #expect(adoption.lines.map(\.yaml) == ["{ sqlite: \"logs/history.db\" }"], "\(other)")
      #expect(adoption.open.first?.contains("logs/history.db lies among them") == true, "\(adoption)")
    }
  }

  @Test func `the same on several hosts is one line, and there is an end`() {
    let same = group(.log, .folder("logs"))
    #expect(Adoption.of([[same], [same], [same]]).lines.count == 1)
    let many = Adoption.of([(0..<300).map { group(.added, .folder("d\($0)")) }])
    #expect(many.lines.count == Adoption.maxLines && many.open.last?.hasPrefix("and more") == true)
  }
}
