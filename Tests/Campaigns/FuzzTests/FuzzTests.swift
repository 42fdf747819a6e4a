import ForeignBytes
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Whatever somebody else writes is read, or refused by an error: it never ends the program, holds it up, fills its
/// memory, or makes something of it that must not be. What must hold stands in `Tests/Support/ForeignBytes`.
@Suite(.serialized) struct FuzzTests {
  /// Where to begin, and what once went wrong: a folder for each target.
  private static let corpus = Repository.file("Tests/Campaigns/FuzzTests/corpus")
  /// What earlier runs on this machine came to.
  private static let work = Repository.file(".build/fuzz")
  private static let program = Repository.file(".build/fuzz/release/fleet-fuzz")
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["FLEET_FUZZ_SECONDS"] ?? "7"
  private static let targets =
    environment["FLEET_FUZZ_TARGETS"].map {
      $0.split(separator: ",").compactMap { ForeignBytes(rawValue: "\($0)") }
    }
    ?? ForeignBytes.allCases

  @Test(arguments: ForeignBytes.allCases)
  func `what is in the corpus holds`(target: ForeignBytes) throws {
    let seeds = try TestDirectory()
    for file in try Self.files(of: target, archives: seeds) {
      do { try target.read([UInt8](Data(contentsOf: file))) } catch {
        Issue.record("\(file.path): \(error)")
      }
    }
  }

  @Test(
    .enabled(
      if: isCI || environment["FLEET_FUZZ_SECONDS"] != nil
        || FileManager.default.fileExists(atPath: program.path),
      "what libFuzzer runs is not built (make fuzzers)"),
    arguments: targets)
  func `nothing that is made up breaks what must hold`(target: ForeignBytes) throws {
    try #require(
      FileManager.default.fileExists(atPath: Self.program.path), "make fuzzers builds \(Self.program.path)")
    let folder = try TestDirectory()
    let log = folder.file("log")
    let words = try words(target, folder)
    // Files in memory where that can be: a disk makes it ten times slower.
    let hasMemory = FileManager.default.isWritableFile(atPath: "/dev/shm")
    let files = try TemporaryDirectory(in: hasMemory ? "/dev/shm" : FilePath(folder.path))
    let environment = [
      "FLEET_FUZZ_TARGET": target.rawValue, "TMPDIR": files.path.string, "SWIFT_BACKTRACE": "enable=no",
      // No more of the stack with each allocation than helps, and what was freed is soon used again.
      "ASAN_OPTIONS": "malloc_context_size=2:quarantine_size_mb=16",
    ]
    let fuzzer = try Child(words, log: log, environment: environment)
    do { try fuzzer.finish() } catch {
      let found = words.first { $0.hasPrefix("-artifact_prefix=") }?.dropFirst(17) ?? ""
      Issue.record(
        """
        \(target.rawValue): \(error). What it was given lies in \(found)…; to read it again, put it into \
        \(Self.corpus.path)/\(target.rawValue) and run: swift test --filter '^FuzzTests[.]'
        \(try folder.read("log").suffix(6_000))
        """)
    }
    let last = try folder.read("log").split(separator: "\n").last { $0.contains("cov:") }
    print("fuzz \(target.rawValue): \(last ?? "nothing was run")")
  }

  private func words(_ target: ForeignBytes, _ folder: TestDirectory) throws -> [String] {
    let files = try Self.files(of: target, archives: folder)
    let corpus = Self.work.appending(path: "corpus/\(target.rawValue)")
    let found = Self.work.appending(path: "found")
    for each in [corpus, found] {
      try FileManager.default.createDirectory(at: each, withIntermediateDirectories: true)
    }
    for file in files { try Self.copy(file, to: corpus.appending(path: "seed-\(file.lastPathComponent)")) }
    try folder.write(try Self.dictionary(of: files), to: "words")
    return [
      Self.program.path, "-max_total_time=\(Self.seconds)", "-timeout=30", "-rss_limit_mb=1024",
      "-malloc_limit_mb=256",
      "-max_len=\([.archive, .rolloutLog].contains(target) ? 16_384 : 4_096)",
      "-dict=\(folder.file("words"))",
      "-artifact_prefix=\(found.path)/\(target.rawValue)-", corpus.path,
    ]
  }

  private static func files(of target: ForeignBytes, archives folder: TestDirectory) throws -> [URL] {
    guard target == .archive else { return try files(in: corpus.appending(path: target.rawValue)) }
    try Shell.run("/usr/bin/python3", corpus.appending(path: "../archives.py").path, folder.path)
    return try files(in: URL(fileURLWithPath: folder.path)) + files(in: corpus.appending(path: "archive"))
  }

  private static func files(in folder: URL) throws -> [URL] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { !$0.hasDirectoryPath }.sorted { $0.path < $1.path }
  }

  private static func copy(_ file: URL, to place: URL) throws {
    try? FileManager.default.removeItem(at: place)
    try FileManager.default.copyItem(at: file, to: place)
  }

  /// The words of the seeds, as libFuzzer wants them: what the readers look for.
  private static func dictionary(of files: [URL]) throws -> String {
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    let words = texts.flatMap { $0.matches(of: #/"[A-Za-z0-9_]{1,40}":?|[A-Za-z_][A-Za-z0-9_.-]{1,40}/#) }
    let quoted = Set(words.map { $0.output.replacing("\"", with: "\\\"") }).sorted().prefix(600)
    return (quoted.map { String($0) } + special).map { "\"\($0)\"\n" }.joined()
  }

  /// NUL, U+0301, U+2028 and an escape, which no seed has.
  private static let special = ["\\x00", "\\xcc\\x81", "\\xe2\\x80\\xa8", "\\x1b[", "\\x0d\\x0a"]
}
