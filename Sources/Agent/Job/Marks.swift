internal import ByteText
internal import Files
internal import SystemPackage
internal import Wire

/// What earlier jobs left to be remembered: the mark, the hold after a rollback by hand, and the
/// releases that were refused.
struct Marks {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// Refusals that are remembered.
  static let keptRefusals = 20

  func mark() throws(StepFailure) -> Mark? { try Stored.read(Mark.self, paths.mark) }
  func set(_ mark: Mark) throws(StepFailure) { try Stored.write(mark, paths.mark) }

  /// The tag that is not offered again.
  func held() throws(StepFailure) -> String? { try Stored.read(String.self, paths.held) }
  func hold(_ tag: String) throws(StepFailure) { try Stored.write(tag, paths.held) }

  func refusals() throws(StepFailure) -> [Refusal] {
    try Stored.read([Refusal].self, paths.refusals) ?? []
  }

  func remember(_ refusal: Refusal) throws(StepFailure) {
    let others = try refusals().filter { $0.sha256 != refusal.sha256 }
    try Stored.write((others + [refusal]).suffix(Self.keptRefusals), paths.refusals)
  }

  func forget(sha256: String) throws(StepFailure) {
    let all = try refusals()
    let others = all.filter { $0.sha256 != sha256 }
    if others.count != all.count { try Stored.write(others, paths.refusals) }
  }

  /// `fleet clear`: a person has looked.
  func clear() throws(StepFailure) {
    for file in [paths.mark, paths.held, paths.refusals] { try Stored.remove(file) }
  }
}

/// The last lines of a job's log.
struct Logs {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// Lines that are given at most, and how much of the file is looked at, in bytes.
  static let maxLines = 2_000
  static let maxBytes = 600 << 10

  func tail(_ job: String?, _ lines: Int) throws(StepFailure) -> Reply {
    let last = try Stored.read(String.self, paths.lastJob)
    guard let id = job ?? last else {
      return .refused(
        Reason(code: .fault, step: .check, text: "no job has run for \(paths.app) on this host"))
    }
    let folder = JobFolder(paths, id)
    guard folder.exists else {
      return .refused(Reason(code: .fault, step: .check, text: "there is no job \(id) here"))
    }
    let text = try Self.end(of: folder.log, maxBytes: Self.maxBytes)
    let all = text.pieces(by: "\n", keepingEmpty: true)
    let shown = all.suffix(min(max(lines, 1), Self.maxLines)).map { visible(String($0), limit: 1_000) }
    return .logs(lines: shown, path: folder.log.string)
  }

  private static func end(of path: FilePath, maxBytes: Int) throws(StepFailure) -> String {
    do {
      let file = try OpenFile.open(path)
      let size = try file.status().sizeBytes
      return String(
        decoding: try file.read(from: max(0, size - Int64(maxBytes)), maxBytes: maxBytes),
        as: UTF8.self)
    } catch {
      if error.isMissing { return "" }
      throw .io(error)
    }
  }
}
