import Files
import Glibc
package import SystemPackage

/// A job's log: what its steps print, up to a size. That it cannot be written never stops a step: a
/// full disk is no reason not to undo.
package final class StepLog {
  let path: FilePath
  private let file: FileDescriptor
  private let limitBytes: Int
  private var writtenBytes: Int
  private var isCut = false
  private var isAtLineStart = true
  /// The first write that failed.
  private(set) var failure: Errno?

  /// Opens or makes the file; what is in it counts.
  package static func open(_ path: FilePath, limitBytes: Int = EffectLimits.logBytes) throws(CommandError)
    -> StepLog
  {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.append, .create, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite])
      let size = try file.seek(offset: 0, from: .end)
      return StepLog(path: path, file: file, limitBytes: limitBytes, writtenBytes: Int(size))
    } catch {
      throw .log(path: path.string, error as? Errno ?? .ioError)
    }
  }

  private init(path: FilePath, file: FileDescriptor, limitBytes: Int, writtenBytes: Int) {
    self.path = path
    self.file = file
    self.limitBytes = limitBytes
    self.writtenBytes = writtenBytes
  }

  deinit { try? file.close() }

  /// What a step printed, as it is, until the log is full.
  package func append(_ bytes: some Collection<UInt8>) {
    guard !isCut, !bytes.isEmpty else { return }
    let room = limitBytes - writtenBytes
    write(bytes.prefix(max(0, room)))
    guard bytes.count > room else { return }
    isCut = true
    write("\n[the log is full at \(limitBytes) bytes; what steps print from here on is not kept]\n".utf8)
  }

  /// A line of the agent's own; it is written to a full log, too, as long as those are few.
  package func note(_ text: String) {
    guard writtenBytes < limitBytes + EffectLimits.logNoteBytes else { return }
    write(((isAtLineStart ? "" : "\n") + "== \(text)\n").utf8)
  }

  private func write(_ bytes: some Collection<UInt8>) {
    guard let last = Array(bytes.suffix(1)).first else { return }
    do {
      try FileEffects.pass(.write, path)
      writtenBytes += try file.writeAll(Array(bytes))
      isAtLineStart = last == 0x0A
    } catch {
      failure = failure ?? error as? Errno ?? .ioError
    }
  }
}
