import Foundation
import Minisign
import Release
import SystemPackage
import Testing

@testable import Catalogue
@testable import Coordinator
@testable import Inventory

/// A pair of keys of minisign(1), and signatures by it.
struct Signer {
  let key: MinisignKey
  private let secret: FilePath
  private let scratch: Scratch

  static func make(in scratch: Scratch, named name: String = "key") async throws -> Signer {
    let (open, secret) = (scratch / "\(name).pub", scratch / "\(name).secret")
    try await tool("/usr/bin/minisign", ["-G", "-W", "-p", open.string, "-s", secret.string])
    let lines = try String(contentsOfFile: open.string, encoding: .utf8).split(separator: "\n")
    return Signer(
      key: try #require(lines.last.flatMap { MinisignKey(String($0)) }), secret: secret, scratch: scratch)
  }

  /// What minisign writes beside a file.
  func sign(_ file: FilePath, _ more: [String] = []) async throws -> String {
    let to = scratch / "signature-\(UUID().uuidString)"
    try await tool(
      "/usr/bin/minisign", ["-S", "-W", "-s", secret.string, "-m", file.string, "-x", to.string] + more)
    return try String(contentsOfFile: to.string, encoding: .utf8)
  }
}

/// Archives that minisign has signed.
@Suite struct SignatureTests {
  private func shelf(
    _ change: (String) -> String = { $0 }, by more: [String] = [], keys: [String] = ["key"]
  ) async throws -> (shelf: Shelf, policy: VerifyPolicy) {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let signer = try await Signer.make(in: shelf.desk.scratch)
    let file = shelf.directory.appending("v4.1.0.tar.gz")
    let text = change(try await signer.sign(file, more))
    try text.write(toFile: file.string + ".minisig", atomically: true, encoding: .utf8)
    var known: [MinisignKey] = []
    for name in keys {
      known.append(
        name == "key" ? signer.key : try await Signer.make(in: shelf.desk.scratch, named: name).key)
    }
    return (shelf, VerifyPolicy(require: ["minisign"], minisignKeys: known))
  }

  private func fetched(_ desk: (shelf: Shelf, policy: VerifyPolicy)) async throws -> FetchedRelease {
    try await desk.shelf.desk.catalogue().fetch("v4.1.0", of: desk.shelf.source, verify: desk.policy)
  }

  @Test(arguments: [[], ["-l"], ["-t", "für v4.1.0"], ["-c", "by hand"]])
  func `what is signed by one of the keys is proved, again and again`(by more: [String]) async throws {
    let desk = try await shelf(by: more, keys: ["other", "key"])
    let first = try await fetched(desk)
    #expect(first.verified == ["minisign"])
    #expect(try await fetched(desk) == first)
    // A stick that is not plugged in: what lies in the cache is signed as ever.
    try FileManager.default.removeItem(atPath: desk.shelf.directory.string)
    #expect(try await fetched(desk) == first)
  }

  @Test func `line ends of another system are no other signature`() async throws {
    #expect(try await fetched(shelf { $0.replacing("\n", with: "\r\n") }).verified == ["minisign"])
  }

  @Test(arguments: [
    ("file:v4.1.0.tar.gz", "file:v4.2.0.tar.gz", "the comment of its signature"),
    ("trusted comment: ", "trusted comment:", "none of minisign's"),
    ("untrusted comment:", "untrusted", "none of minisign's"),
  ])
  func `a signature that was changed is refused, and the archive with it`(
    part: String, other: String, says: String
  ) async throws {
    let desk = try await shelf {
      #expect($0.contains(part))
      return $0.replacing(part, with: other)
    }
    let text = await refusal(.unverified) { try await fetched(desk) }
    #expect(text.contains("v4.1.0 is refused") && text.contains(says))
    #expect(desk.shelf.desk.lockText == nil && desk.shelf.desk.cached("archive").isEmpty)
  }

  @Test(arguments: ["", "x", "\n\n\n\n", String(repeating: "a", count: 20_000)])
  func `what is no signature at all is refused`(text: String) async throws {
    let desk = try await shelf { _ in text }
    let said = await refusal(.unverified) { try await fetched(desk) }
    #expect(said.contains("none of minisign's"))
  }

  @Test func `a key that nobody named has signed nothing`() async throws {
    let desk = try await shelf(keys: ["other"])
    let text = await refusal(.unverified) { try await fetched(desk) }
    #expect(text.contains("which is none of those in verify.minisign"))
  }

  @Test func `the signature of another archive is none of this one, required or not`() async throws {
    var desk = try await shelf()
    try await desk.shelf.put("v4.1.0.tar.gz", "v4.2.0")
    for require in [["minisign"], []] {
      desk.policy.require = Set(require)
      let text = await refusal(.unverified) { try await fetched(desk) }
      #expect(text.contains("is that of another file"))
    }
  }

  @Test func `one that is not there proves nothing`() async throws {
    var desk = try await shelf()
    try FileManager.default.removeItem(
      atPath: desk.shelf.directory.appending("v4.1.0.tar.gz.minisig").string)
    let text = await refusal(.unverified) { try await fetched(desk) }
    #expect(text.contains("there is no signature beside it"))
    desk.policy.require = []
    #expect(try await fetched(desk).verified == [])
  }

  @Test func `an archive that the cache holds is refused once a wrong signature lies beside it`() async throws
  {
    let desk = try await shelf()
    _ = try await fetched(desk)
    let wrong = try await Signer.make(in: desk.shelf.desk.scratch, named: "wrong")
    let file = desk.shelf.directory.appending("v4.1.0.tar.gz")
    try await wrong.sign(file).write(toFile: file.string + ".minisig", atomically: true, encoding: .utf8)
    let text = await refusal(.unverified) { try await fetched(desk) }
    #expect(text.contains("which is none of those in verify.minisign"))
  }
}
