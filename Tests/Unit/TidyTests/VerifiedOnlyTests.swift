import Foundation
import TestSupport
import Testing

/// What is pushed to a host is made out of what was verified: anything else does not compile.
@Suite struct VerifiedOnlyTests {
  private static let imports = "import Catalogue\nimport Release\nimport SystemPackage\nimport Wire\n"

  /// The folders with the C modules that ours are built on.
  private static let modules: [String] = {
    let folders = ["Sources", ".build/checkouts"].map { Repository.file($0) }
    let maps = folders.flatMap { folder in
      let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
      return files.filter { $0.hasSuffix("/module.modulemap") }.map { folder.appending(path: $0) }
    }
    return maps.map { $0.deletingLastPathComponent().path }
  }()

  /// Which errors the compiler has for code that stands in a module of this package.
  private static func errors(of code: String) throws -> [String] {
    let directory = try TestDirectory()
    let file = directory.file("code.swift")
    try Data((imports + code).utf8).write(to: URL(fileURLWithPath: file))
    let built = Repository.programs
    var words = ["-typecheck", "-diagnostic-style=llvm", "-I", built.appending(path: "Modules").path]
    words += ["-package-name", Repository.root.lastPathComponent.lowercased()]
    words += ["-Xcc", "-fmodule-map-file=\(built.path)/CLinux.build/module.modulemap"]
    words += modules.flatMap { ["-I", $0] }
    let child = try TalkingChild(["/usr/bin/env", "swiftc"] + words + [file], mergingErrors: true)
    child.endInput()
    let said = child.readAll()
    _ = child.wait()
    return said.split(separator: "\n").filter { $0.contains(" error: ") }.map(String.init)
  }

  @Test func `a release that was verified becomes what is pushed`() throws {
    let errors = try Self.errors(
      of: """
        func name(_ verified: VerifiedRelease) -> ReleaseName { ReleaseName(verified) }
        func release(_ verified: VerifiedRelease) -> FetchedRelease {
          FetchedRelease(verified, file: "/release", unpackedBytes: 1, listing: nil)
        }
        """)
    #expect(errors.isEmpty, "\(errors)")
  }

  @Test(arguments: [
    (
      "a name by its parts",
      #"_ = ReleaseName(version: "1", tag: "v1", commit: nil, tree: nil, sha256: "", size: 1)"#
    ),
    ("a name that is changed", #"var other = name; other.sha256 = "00""#),
    (
      "a release of a name",
      #"_ = FetchedRelease(name: name, file: "/r", verified: [], unpackedBytes: 1, listing: nil)"#
    ),
    ("a release with another name", "var other = release; other.name = name"),
    ("a release with another file", #"var other = release; other.file = "/other""#),
    (
      "a proof by its parts",
      "_ = VerifiedRelease(identity: i, evidence: [], observed: o, lockVerdict: .same, treeObstacles: [])"
    ),
  ])
  func `anything else does not compile`(what: String, code: String) throws {
    let errors = try Self.errors(
      of: """
        func push(_ name: ReleaseName, _ release: FetchedRelease, _ i: ReleaseIdentity, _ o: ObservedArchive) {
          \(code)
        }
        """)
    #expect(!errors.isEmpty, "\(what)")
    #expect(errors.allSatisfy { $0.contains("code.swift:6:") }, "for another reason: \(errors)")
  }
}
