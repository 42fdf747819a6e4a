import ByteText
import Wire

/// The end of what a command printed: bounded, whatever it prints.
struct OutputTail: Sendable {
  private var bytes: [UInt8] = []
  private let limitBytes: Int
  /// How much was printed in all.
  private(set) var totalBytes = 0

  init(limitBytes: Int = EffectLimits.keptOutputBytes) { self.limitBytes = limitBytes }

  mutating func append(_ new: some Collection<UInt8>) {
    totalBytes += new.count
    bytes.append(contentsOf: new.suffix(limitBytes))
    if bytes.count > 2 * limitBytes { bytes.removeFirst(bytes.count - limitBytes) }
  }

  /// Nothing of what was printed is cut away.
  var isWhole: Bool { totalBytes <= limitBytes }

  var text: String { String(decoding: bytes.suffix(limitBytes), as: UTF8.self) }

  /// The last lines that are not empty, made safe to show. A carriage return starts a line anew, as on
  /// a terminal.
  func lines(_ count: Int = WireLimits.logTailLines) -> [String] {
    let lines = text.pieces { $0 == "\n" || $0 == "\r" }.suffix(count)
    return lines.map { visible(String($0), limit: EffectLimits.lineCharacters) }
  }
}
