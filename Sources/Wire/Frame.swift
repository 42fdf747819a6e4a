import FoundationEssentials

/// What is wrong with the bytes from the other side.
package enum FrameError: Error, Equatable, Sendable, CustomStringConvertible {
  case noMagic(noise: String)
  case tooLarge(bytes: Int)
  case malformed(String)

  package var description: String {
    switch self {
    case .noMagic(let noise):
      let heard = noise.isEmpty ? "nothing" : "\"\(visible(noise, limit: .max))\""
      return "no fleet-agent answered; the host said \(heard)"
    case .tooLarge(let bytes):
      return "a message of \(bytes) bytes, more than \(WireLimits.frameBytes) are not accepted"
    case .malformed(let detail):
      return "a message that cannot be read: \(visible(detail, limit: 400))"
    }
  }
}

/// The framing: a 4-byte big-endian length, then that many bytes of JSON. The agent opens with
/// ``magic``, so that what a login shell prints before it can be told apart and skipped.
package enum Frame {
  /// First bytes from the agent. NUL cannot come from a shell's greeting by accident.
  package static let magic: [UInt8] = [0] + Array("fleet-agent wire\n".utf8) + [0]

  /// The bytes of one message.
  package static func encode(_ message: some Encodable) throws(FrameError) -> [UInt8] {
    let payload = try JSON.encode(message)
    guard payload.count <= WireLimits.frameBytes else {
      throw .tooLarge(bytes: payload.count)
    }
    let length = UInt32(payload.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + payload
  }
}

/// Takes bytes as they arrive and gives whole frames. Pure: it reads from nowhere.
package struct FrameReader: Sendable {
  private var buffer: [UInt8] = []
  private var start = 0
  private var magicSeen: Bool
  /// Up to here no magic begins: a host that dribbles its noise is not read again from the start for each byte.
  private var searched = 0

  /// - Parameter expectMagic: true on the coordinator's side, where a shell may speak first.
  package init(expectMagic: Bool) {
    magicSeen = !expectMagic
  }

  package mutating func feed(_ bytes: some Sequence<UInt8>) {
    buffer.append(contentsOf: bytes)
  }

  /// The next whole payload, or nil when more bytes are needed.
  package mutating func next() throws(FrameError) -> [UInt8]? {
    if !magicSeen, try !skipNoise() { return nil }
    guard buffer.count - start >= 4 else { return nil }
    let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= WireLimits.frameBytes else { throw .tooLarge(bytes: length) }
    guard buffer.count - start >= 4 + length else { return nil }
    let payload = Array(buffer[(start + 4)..<(start + 4 + length)])
    start += 4 + length
    compact()
    return payload
  }

  /// Raw bytes that follow an announced upload: at most `count` of those already here.
  package mutating func takeRaw(_ count: Int) -> [UInt8] {
    let taken = Array(buffer[start...].prefix(max(0, count)))
    start += taken.count
    compact()
    return taken
  }

  private mutating func skipNoise() throws(FrameError) -> Bool {
    let magic = Frame.magic
    var index = searched
    while index + magic.count <= buffer.count {
      if buffer[index] == 0, buffer[index..<index + magic.count].elementsEqual(magic) {
        buffer.removeFirst(index + magic.count)
        magicSeen = true
        return true
      }
      index += 1
    }
    searched = index
    guard buffer.count <= WireLimits.noiseBytes else { throw .noMagic(noise: noise) }
    return false
  }

  /// What came before the magic, for an error message.
  package var noise: String {
    magicSeen ? "" : String(decoding: buffer.suffix(400), as: UTF8.self)
  }

  private mutating func compact() {
    guard start > 1 << 16 || start == buffer.count else { return }
    buffer.removeFirst(start)
    start = 0
  }
}

/// JSON in both directions: sorted keys, so that equal values are equal bytes.
package enum JSON {
  package static func encode(_ value: some Encodable, pretty: Bool = false) throws(FrameError)
    -> [UInt8]
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty
      ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
      : [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw .malformed("\(error)")
    }
  }

  package static func decode<T: Decodable>(_ type: T.Type, from bytes: some Sequence<UInt8>)
    throws(FrameError) -> T
  {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw .malformed("\(error)")
    }
  }
}
