import Archive
import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Inventory
import Release
@testable import Catalogue
@testable import Coordinator

struct ToolFailure: Error, CustomStringConvertible {
  let description: String
}

/// Runs a program to its end and gives what it printed.
@discardableResult
func tool(_ path: String, _ arguments: [String], input: Data? = nil) async throws -> String {
  try await onOwnThread { try runTool(path, arguments, input: input) }
}

func runTool(_ path: String, _ arguments: [String], input: Data? = nil) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  let stdin = Pipe()
  process.standardInput = stdin
  try process.run()
  if let input { try stdin.fileHandleForWriting.write(contentsOf: input) }
  try stdin.fileHandleForWriting.close()
  let text = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw ToolFailure(description: "\(path) \(arguments) ended with \(process.terminationStatus)")
  }
  return String(decoding: text, as: UTF8.self)
}

/// A unique directory, removed when the test lets go of it.
final class Scratch: Sendable {
  let path: FilePath

  init() throws {
    path = FilePath("/tmp/fleet-releases-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  static func / (scratch: Scratch, name: String) -> FilePath { scratch.path.appending(name) }
}

/// The repository of growroom's releases, made once for all tests of this process.
enum GrowroomReleases {
  private static let original = Task {
    let path = "/tmp/fleet-growroom-\(getpid())-\(UUID().uuidString)"
    removedAtExit = path
    atexit { try? FileManager.default.removeItem(atPath: GrowroomReleases.removedAtExit) }
    try await tool(Repository.file("demo/make-releases").path, [path])
    return FilePath(path)
  }
  nonisolated(unsafe) private static var removedAtExit = ""

  /// A copy of one's own, whose tags may be moved.
  static func repository(in scratch: Scratch) async throws -> FilePath {
    let copy = scratch / "repository"
    try await tool("/bin/cp", ["-a", try await original.value.string, copy.string])
    return copy
  }

  /// Writes an archive of a tag, in a format that git knows.
  static func archive(_ repository: FilePath, _ tag: String, format: String, to file: FilePath) async throws {
    try await tool(
      "/usr/bin/git",
      [
        "-c", "safe.directory=*", "-C", repository.string, "archive", "--format=\(format)",
        "--prefix=growroom/",
        "--output=\(file)", tag,
      ])
  }

  /// The commit and the tree of a tag.
  static func ids(_ repository: FilePath, _ tag: String) async throws -> (commit: String, tree: String) {
    let text = try await tool(
      "/usr/bin/git",
      ["-c", "safe.directory=*", "-C", repository.string, "rev-parse", "\(tag)^{commit}", "\(tag)^{tree}"])
    let lines = text.split(separator: "\n").map(String.init)
    guard lines.count == 2 else { throw ToolFailure(description: "git knows no \(tag)") }
    return (lines[0], lines[1])
  }
}

/// An inventory folder, a cache and a catalogue over them.
final class Desk: Sendable {
  let scratch: Scratch
  let inventory: FilePath
  let cache: FilePath

  init() throws {
    ArchiveLocale.set()
    scratch = try Scratch()
    inventory = scratch / "inventory"
    cache = scratch / "cache/fleet/releases"
    try FileManager.default.createDirectory(atPath: inventory.string, withIntermediateDirectories: false)
  }

  func catalogue(
    environment: [String: String] = [:], _ change: (inout CatalogueLimits) -> Void = { _ in }
  ) -> LiveCatalogue {
    var limits = CatalogueLimits()
    limits.firstPauseSeconds = 0.01
    change(&limits)
    return LiveCatalogue(
      app: "growroom", inventory: inventory, cache: cache, environment: environment, limits: limits)
  }

  var lockText: String? {
    try? String(contentsOfFile: inventory.appending("fleet.lock").string, encoding: .utf8)
  }

  /// Every file of that name in the cache.
  func cached(_ name: String) -> [FilePath] {
    let all = FileManager.default.enumerator(atPath: cache.string)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.split(separator: "/").last.map(String.init) == name }.map { cache.appending($0) }
  }

  /// Turns one bit in the middle of a file.
  func damage(_ path: FilePath) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path.string))
    bytes[bytes.count / 2] ^= 0x04
    try bytes.write(to: URL(fileURLWithPath: path.string))
  }
}

extension VerifyPolicy {
  static let full = VerifyPolicy(require: ["commit", "tree"], minisignKeys: [])
  static let none = VerifyPolicy(require: [], minisignKeys: [])
}

extension LiveCatalogue {
  func fetch(
    _ tag: String, of source: ReleaseSource, verify: VerifyPolicy = .full, accept: Bool = false
  ) async throws(CatalogueError) -> FetchedRelease {
    try await fetch(TagName(written: tag), of: source, verify: verify, acceptChanged: accept) { _ in }
  }
}

extension LiveCatalogue {
  /// The notes of tags, each with the commit that the source lists for it where it can be asked.
  func notes(
    of names: [String], from source: ReleaseSource, file: String? = nil, asks: Bool = true
  ) async -> FoundNotes {
    let listed = (try? await entries(of: source).map(\.sourceTag)) ?? []
    let tags = names.map { name in listed.first { $0.name == name } ?? SourceTag(name: name, commit: nil) }
    return await notes(NotesWish(tags: tags, file: file, asks: asks), of: source)
  }
}

/// The kinds of ``CatalogueError``.
enum ErrorKind {
  case notFound, source, rateLimited, changed, unverified, storage

  init(_ error: CatalogueError) {
    switch error {
    case .notFound: self = .notFound
    case .source: self = .source
    case .rateLimited: self = .rateLimited
    case .changed: self = .changed
    case .unverified: self = .unverified
    case .storage: self = .storage
    }
  }
}

/// The text of the error, of this kind, that some work must end with.
func refusal<Value>(
  _ kind: ErrorKind, _ place: SourceLocation = #_sourceLocation, _ work: () async throws -> Value
) async -> String {
  do {
    _ = try await work()
    Issue.record("it was done", sourceLocation: place)
    return ""
  } catch let error as CatalogueError {
    #expect(ErrorKind(error) == kind, "\(error)", sourceLocation: place)
    return error.description
  } catch {
    Issue.record(error, sourceLocation: place)
    return ""
  }
}
