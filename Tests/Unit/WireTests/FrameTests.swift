import Testing
import Wire

@Suite struct FrameTests {
  private let messages: [Request] = [
    .hello(Hello(version: "1.0")), .status(app: "mycodo"), .logs(app: "mycodo", job: nil, lines: 40),
  ]

  private func stream() throws -> [UInt8] {
    try messages.flatMap { try Frame.encode($0) }
  }

  private func read(_ reader: inout FrameReader) throws -> [Request] {
    var requests: [Request] = []
    while let payload = try reader.next() { requests.append(try JSON.decode(Request.self, from: payload)) }
    return requests
  }

  @Test func `messages arrive whole, wherever the bytes are cut`() throws {
    let stream = try stream()
    for cut in 0...stream.count {
      var reader = FrameReader(expectMagic: false)
      reader.feed(stream[..<cut])
      let first = try read(&reader)
      reader.feed(stream[cut...])
      #expect(try first + read(&reader) == messages, "cut after \(cut) bytes")
    }
  }

  @Test func `messages arrive byte by byte`() throws {
    var reader = FrameReader(expectMagic: true)
    var requests: [Request] = []
    for byte in try Frame.magic + stream() {
      reader.feed([byte])
      requests += try read(&reader)
    }
    #expect(requests == messages)
  }

  @Test func `what a login shell says before the magic is skipped, wherever it is cut`() throws {
    let stream = try Array("Welcome to tent 5!\r\n\0\0fleet-agent\n".utf8) + Frame.magic + stream()
    for cut in 0...stream.count {
      var reader = FrameReader(expectMagic: true)
      reader.feed(stream[..<cut])
      let first = try read(&reader)
      reader.feed(stream[cut...])
      #expect(try first + read(&reader) == messages, "cut after \(cut) bytes")
    }
  }

  @Test func `too much noise is refused and shown`() throws {
    var reader = FrameReader(expectMagic: true)
    reader.feed(Array(repeating: UInt8(ascii: "x"), count: WireLimits.noiseBytes))
    #expect(try reader.next() == nil)
    reader.feed(Array("bash: fleet-agent: not found\u{1B}[2J".utf8))
    let error = try #require(throws: FrameError.self) { try reader.next() }
    #expect(error.description.contains("bash: fleet-agent: not found\\u{1b}[2J"))
  }

  @Test func `a frame larger than allowed is refused before it is read`() {
    var reader = FrameReader(expectMagic: false)
    reader.feed([0xFF, 0xFF, 0xFF, 0xFF])
    #expect(throws: FrameError.tooLarge(bytes: 0xFFFF_FFFF)) { try reader.next() }
    let text = String(repeating: "x", count: WireLimits.frameBytes)
    #expect(throws: FrameError.self) { try Frame.encode(Request.status(app: text)) }
  }

  @Test func `a frame of the largest size is read`() throws {
    let length = WireLimits.frameBytes
    var reader = FrameReader(expectMagic: false)
    reader.feed([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) })
    reader.feed(Array(repeating: 0x20, count: length))
    #expect(try reader.next()?.count == length)
  }

  @Test func `garbage in a frame is malformed, not a crash`() throws {
    for payload in ["", "{", "null", "[]", "{\"no\":{}}", "\u{FFFD}", "{\"status\":{\"app\":5}}"] {
      #expect(throws: FrameError.self) { try JSON.decode(Request.self, from: Array(payload.utf8)) }
    }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(throws: FrameError.self) { try JSON.decode(Reply.self, from: bytes) }
    }
  }

  @Test func `raw bytes between frames are taken as they come`() throws {
    let frame = try Frame.encode(Request.status(app: "a"))
    var reader = FrameReader(expectMagic: false)
    reader.feed(frame + [1, 2, 3])
    _ = try reader.next()
    #expect(reader.takeRaw(2) == [1, 2])
    #expect(reader.takeRaw(9) == [3])
    #expect(reader.takeRaw(9).isEmpty)
    #expect(reader.takeRaw(.max).isEmpty && reader.takeRaw(-1).isEmpty)
    reader.feed([4] + frame)
    #expect(reader.takeRaw(1) == [4])
    #expect(try reader.next() == Array(frame.dropFirst(4)))
  }
}
