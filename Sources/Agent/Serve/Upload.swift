internal import Crypto
internal import Files
internal import Glibc
internal import SystemPackage
internal import Wire

/// Takes a file that is named by its SHA-256, from where an earlier try stopped.
struct Upload {
  let paths: AgentPaths
  let sha256: String
  let size: Int64

  /// No artifact is larger, in bytes.
  static let maxBytes: Int64 = 4 << 30

  mutating func receive(_ conversation: inout Conversation) throws(Conversation.Ended) {
    do {
      guard size >= 0, size <= Self.maxBytes else {
        throw StepFailure.because(
          .artifact, "a file of \(size) bytes; more than \(Self.maxBytes) are not accepted")
      }
      guard sha256.count == 64, sha256.allSatisfy(\.isHexDigit) else {
        throw StepFailure.because(.artifact, "that is no SHA-256")
      }
      try StateFolder(paths).prepare()
      if try Artifacts(paths).has(sha256, size: size) {
        try conversation.answer(.send(from: size))
        return
      }
      try SpaceReserve.require(size, at: paths.state)
      try take(&conversation)
    } catch let error as StepFailure {
      let reason: Reason =
        if case .failed(let reason) = error { reason } else {
          Reason(code: .shutdown, step: .receive, text: "\(error)")
        }
      try conversation.answer(.refused(reason))
    } catch let error as Conversation.Ended {
      throw error
    } catch {
      throw .garbage("\(error)")
    }
  }

  private func take(_ conversation: inout Conversation) throws {
    let part = paths.artifacts.appending(sha256 + ".part")
    let fd = open(part.string, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard fd >= 0 else { throw StepFailure.because(.io, "cannot open \(part): \(lastErrno())") }
    defer { close(fd) }
    guard flock(fd, LOCK_EX | LOCK_NB) == 0 else {
      throw StepFailure.because(.claimed, "the same file is being received already; try again")
    }
    var offset = Int64(lseek(fd, 0, SEEK_END))
    if offset > size {
      ftruncate(fd, 0)
      offset = 0
    }
    try conversation.answer(.send(from: offset))
    while offset < size {
      let bytes = try conversation.raw(
        atMost: Int(min(size - offset, Int64(WireLimits.chunkBytes))))
      guard pwrite(fd, bytes, bytes.count, off_t(offset)) == bytes.count else {
        // The rest of the announced bytes must not be read as frames: this conversation is over.
        throw Conversation.Ended.garbage("cannot write \(part): \(lastErrno())")
      }
      offset += Int64(bytes.count)
    }
    guard fsync(fd) == 0 else { throw StepFailure.because(.io, "cannot sync \(part): \(lastErrno())") }
    guard try Artifacts.digest(of: part) == sha256 else {
      unlink(part.string)
      throw StepFailure.because(.artifact, "what arrived has another SHA-256; it was thrown away")
    }
    guard rename(part.string, paths.artifacts.appending(sha256).string) == 0 else {
      throw StepFailure.because(.io, "cannot rename \(part): \(lastErrno())")
    }
    try conversation.answer(.ok)
  }
}

/// The files that were received, by their SHA-256.
struct Artifacts {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// How many stay after a job, the newest.
  static let kept = 4

  func file(_ sha256: String) -> FilePath { paths.artifacts.appending(sha256) }

  func has(_ sha256: String, size: Int64) throws(StepFailure) -> Bool {
    guard let status = try? FileStatus.of(file(sha256)), status.sizeBytes == size else {
      return false
    }
    return try Self.digest(of: file(sha256)) == sha256
  }

  /// Forgets all but the newest, and those that `keep` names.
  func prune(keep: Set<String>) throws(StepFailure) {
    try files { () throws(FileError) in
      let folder = try Directory.open(paths.artifacts)
      var dated: [(FilePath.Component, FileTime)] = []
      for name in try folder.entries() where !keep.contains(name.string) {
        guard let status = try folder.statusIfPresent(of: name) else { continue }
        dated.append((name, status.modified))
      }
      for (name, _) in dated.sorted(by: { $0.1 > $1.1 }).dropFirst(Self.kept) {
        try folder.unlink(name)
      }
    }
  }

  static func digest(of path: FilePath) throws(StepFailure) -> String {
    let fd = open(path.string, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard fd >= 0 else { throw .because(.io, "cannot open \(path): \(lastErrno())") }
    defer { close(fd) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(fd, &buffer, buffer.count)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .because(.io, "cannot read \(path): \(lastErrno())")
      }
      hash.update(data: buffer[..<count])
    }
    return hash.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
