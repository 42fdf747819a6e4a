import Foundation
import TestSupport
import Glibc

/// An image to which a log is applied, moving forward only: points must come in their order.
final class Platter {
  private let log: BlockLog
  private let path: String
  private let fd: Int32
  /// Records below this one have been applied.
  private var applied = 0

  init(_ log: BlockLog, base: String, at path: String) throws {
    self.log = log
    self.path = path
    try Tool.run("cp", "--sparse=always", base, path)
    fd = open(path, O_RDWR | O_CLOEXEC)
    guard fd >= 0 else { throw Tool.Failed("cannot open \(path)") }
  }

  deinit { close(fd) }

  /// Makes an image of what the platter holds at `point`.
  func image(at point: CrashPoint, to target: String) throws {
    // Whole epochs are behind every later point too.
    let flushed = log.records[..<point.end].lastIndex(of: .flush) ?? 0
    try advance(to: flushed)
    try Tool.run("cp", "--sparse=auto", path, target)
    let image = open(target, O_RDWR | O_CLOEXEC)
    guard image >= 0 else { throw Tool.Failed("cannot open \(target)") }
    defer { close(image) }
    switch point {
    case .prefix(let index):
      for record in flushed...index { try apply(record, to: image) }
    case .torn(let index, let bytes, let fromEnd):
      for record in flushed..<index { try apply(record, to: image) }
      try apply(index, to: image, bytes: bytes, fromEnd: fromEnd)
    case .subset(_, let kept):
      for record in kept { try apply(record, to: image) }
    }
  }

  private func advance(to end: Int) throws {
    guard end > applied else { return }
    for record in applied..<end { try apply(record, to: fd) }
    applied = end
  }

  private func apply(
    _ index: Int, to image: Int32, bytes part: Int? = nil, fromEnd: Bool = false
  ) throws {
    switch log.records[index] {
    case .write(let offset, let count, let at):
      let part = part ?? count
      let skipped = fromEnd ? count - part : 0
      let bytes = log.content(at: at + skipped, count: part)
      let written = bytes.withUnsafeBytes { pwrite(image, $0.baseAddress, part, off_t(offset + skipped)) }
      guard written == part else { throw Tool.Failed("cannot write the image") }
    case .discard(let offset, let count):
      let zeros = [UInt8](repeating: 0, count: count)
      guard pwrite(image, zeros, count, off_t(offset)) == count else {
        throw Tool.Failed("cannot write the image")
      }
    case .flush, .mark: break
    }
  }
}
