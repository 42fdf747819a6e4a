import ByteText
import Files
import SystemPackage
import Wire

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
        Cause(code: .fault, step: .check, text: "no job has run for \(paths.app) on this host"))
    }
    let folder = JobFolder(paths, id)
    guard folder.exists else {
      return .refused(Cause(code: .fault, step: .check, text: "there is no job \(id) here"))
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
