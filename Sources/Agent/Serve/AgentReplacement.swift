import Upgrade
import Effects
import ByteText
import Files
import Release
import SystemPackage
import Wire

/// Puts a newer agent, which was uploaded, in the place of this one. What runs goes on with the program it
/// has: a job and its recovery have a link of their own.
struct AgentReplacement {
  let paths: AgentPaths
  let artifact: Artifact

  /// How long a new agent may take to say its version, or to write its boot units, in seconds.
  static let tryOutSeconds = 30
  /// A larger file is no agent, in bytes.
  static let maxBytes = 256 << 20

  func run() throws(StepFailure) {
    try requireNoOpenJob()
    guard try Artifacts(paths).has(artifact.sha256, size: artifact.size) else {
      throw .because(.artifact, "no agent of this SHA-256 was uploaded")
    }
    let place = try files { () throws(FileError) in try realPath("/proc/self/exe") }
    let folder = place.removingLastComponent()
    guard let name = place.lastComponent,
      let candidate = FilePath.Component(".\(name.string).\(artifact.sha256)")
    else { throw .fault("\(place) cannot be replaced") }
    let bytes = try files { () throws(FileError) in
      try readBounded(Artifacts(paths).file(artifact.sha256), maxBytes: Self.maxBytes)
    }
    let directory = try files { () throws(FileError) in try Directory.open(folder) }
    try files { () throws(FileError) in
      try directory.writeDurably(bytes, to: candidate, permissions: FilePermissions(rawValue: 0o755))
    }
    do {
      try requireNewer(folder.appending(candidate))
      try files { () throws(FileError) in
        try directory.rename(candidate, to: name, replacing: true)
        try directory.synchronize()
      }
    } catch {
      _ = try? directory.unlink(candidate)
      throw error
    }
    try setUp(place)
  }

  /// While a job is open its agent stays, of whichever app it is.
  private func requireNoOpenJob() throws(StepFailure) {
    for app in AgentPaths.apps() {
      let record: JournalRecord?
      do { record = try Journal.peek(AgentPaths(app: app).journal) } catch { throw .because(.io, "\(error)") }
      guard let record, record.state != .idle else { continue }
      throw .because(.claimed, "the job \(record.job ?? "") of \(app) is open (\(record.state.rawValue))")
    }
  }

  private func requireNewer(_ candidate: FilePath) throws(StepFailure) {
    let answer = try ask([candidate.string, "version"])
    guard answer.status == 0,
      let said = answer.output.textLines.lazy.compactMap(AgentProgramVersion.init)
        .first
    else {
      throw .because(.artifact, "the new agent does not run here: \(visible(answer.output, limit: 300))")
    }
    guard let own = Version(FleetVersion.text), said.version > own else {
      throw .because(.artifact, "\(said.version) is not newer than \(FleetVersion.text)")
    }
  }

  private func setUp(_ place: FilePath) throws(StepFailure) {
    let answer = try ask([place.string, "setup"])
    guard answer.status == 0 else {
      throw .because(
        .io, "the new agent is in place, its boot units are not: \(visible(answer.output, limit: 300))")
    }
  }

  private func ask(_ words: [String]) throws(StepFailure) -> Tool.Result {
    do { return try Tool.run(words, timeoutSeconds: Self.tryOutSeconds) } catch {
      throw .from(error, .artifact)
    }
  }
}
