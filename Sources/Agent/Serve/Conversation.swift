import Glibc
import Wire

/// One coordinator on standard input and output: frames in, frames out, raw bytes where an upload
/// was announced.
struct Conversation {
  enum Ended: Error {
    /// The other side closed, or the connection broke. The job, if one runs, goes on.
    case closed
    case garbage(String)
  }

  private var reader = FrameReader(expectMagic: false)
  private let input: Int32
  private let output: Int32

  init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
    self.input = input
    self.output = output
  }

  func open() throws(Ended) { try write(Frame.magic) }

  /// The next request; nil when it is one that this agent does not know.
  mutating func request() throws(Ended) -> Request? {
    while true {
      do {
        if let payload = try reader.next() {
          return try? JSON.decode(Request.self, from: payload).bounded
        }
      } catch {
        throw .garbage("\(error)")
      }
      reader.feed(try readSome())
    }
  }

  func answer(_ reply: Reply) throws(Ended) {
    let frame: [UInt8]
    do { frame = try Frame.encode(reply) } catch { throw .garbage("\(error)") }
    try write(frame)
  }

  /// Raw bytes of an announced upload: at least one, at most `count`. Where none come in time it is over.
  mutating func raw(atMost count: Int, withinSeconds seconds: Int) throws(Ended) -> [UInt8] {
    let here = reader.takeRaw(count)
    if !here.isEmpty { return here }
    var waited = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = poll(&waited, 1, CInt(seconds) * 1000)
      if ready > 0 { break }
      if ready < 0, errno == EINTR { continue }
      throw .closed
    }
    reader.feed(try readSome())
    return reader.takeRaw(count)
  }

  private func readSome() throws(Ended) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: WireLimits.chunkBytes)
    while true {
      let count = read(input, &buffer, buffer.count)
      if count > 0 { return Array(buffer[..<count]) }
      if count < 0, errno == EINTR { continue }
      throw .closed
    }
  }

  private func write(_ bytes: [UInt8]) throws(Ended) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(output, buffer.baseAddress?.advanced(by: sent), buffer.count - sent)
      }
      if count > 0 {
        sent += count
      } else if errno != EINTR {
        throw .closed
      }
    }
  }
}
