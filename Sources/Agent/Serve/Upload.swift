import ByteText
import Files
import SystemPackage
import Wire

/// Takes a file that is named by its SHA-256, from where an earlier try stopped.
struct Upload {
  let paths: AgentPaths
  let sha256: String
  let size: Int64
  /// Who sends a file and says nothing for so long is gone, in seconds.
  var silenceSeconds = 60

  /// No artifact is larger, in bytes.
  static let maxBytes: Int64 = 4 << 30
  /// How long another conversation that takes a file is waited for beyond that, in seconds.
  static let turnSeconds = 15

  mutating func receive(_ conversation: inout Conversation) throws(Conversation.Ended) {
    do {
      guard size >= 0, size <= Self.maxBytes else {
        throw StepFailure.because(
          .artifact, "a file of \(size) bytes; more than \(Self.maxBytes) are not accepted")
      }
      guard sha256.utf8.count == 64, sha256.unicodeScalars.allSatisfy(\.isHex) else {
        throw StepFailure.because(.artifact, "that is no SHA-256")
      }
      try StateFolder(paths).prepare()
      try take(&conversation)
    } catch let error as StepFailure {
      try conversation.answer(.refused(error.cause(at: .receive)))
    } catch let error as FileError {
      try conversation.answer(.refused(Cause(code: .io, step: .receive, text: "\(error)")))
    } catch let error as Conversation.Ended {
      throw error
    } catch {
      throw .garbage("\(error)")
    }
  }

  /// Says once from where it is to be sent, and where something is to be, once how that ended.
  private func take(_ conversation: inout Conversation) throws {
    guard let whole = FilePath.Component(sha256), let name = FilePath.Component(sha256 + ".part") else {
      throw StepFailure.because(.artifact, "that is no SHA-256")
    }
    let turn = try Artifacts(paths).takeTurn(waitSeconds: silenceSeconds + Self.turnSeconds)
    let part = paths.artifacts.appending(name)
    let folder = try Directory.open(paths.artifacts)
    // Looked at in turn: whoever was waited for may have brought it to its end.
    if try Artifacts(paths).has(sha256, size: size) { return try conversation.answer(.send(from: size)) }
    try SpaceReserve.require(size, at: paths.state)
    let file = try OpenFile.open(part, .readWrite, options: [.create])
    var offset = try file.status().sizeBytes
    if offset >= size {
      // All of it came, and then its agent ended.
      if offset == size, try Artifacts.digest(of: part) == sha256 {
        try folder.rename(name, to: whole, replacing: true)
        turn.release()
        return try conversation.answer(.send(from: size))
      }
      try file.truncate(toBytes: 0)
      offset = 0
    }
    try conversation.answer(.send(from: offset))
    while offset < size {
      let bytes = try conversation.raw(
        atMost: Int(min(size - offset, Int64(WireLimits.chunkBytes))), withinSeconds: silenceSeconds)
      do { try file.write(bytes, at: offset) } catch {
        // The rest of the announced bytes must not be read as frames: this conversation is over.
        throw Conversation.Ended.garbage("\(error)")
      }
      offset += Int64(bytes.count)
    }
    // Not synchronized: what a power cut leaves of it has another digest, and is sent again.
    guard try Artifacts.digest(of: part) == sha256 else {
      try folder.unlink(name)
      throw StepFailure.because(.artifact, "what arrived has another SHA-256; it was thrown away")
    }
    try folder.rename(name, to: whole, replacing: true)
    turn.release()
    try conversation.answer(.ok)
  }
}
