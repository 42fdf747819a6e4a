import Programs
import ByteText

/// The way to a host, opened and logged in. One owner, one thread: every call blocks it.
protocol HostTransport: AnyObject {
  /// Ends everything under way, from any thread.
  var interrupt: @Sendable () -> Void { get }
  /// Starts a program there; `command` is a line for a POSIX shell, whatever is not constant in it quoted.
  func start(_ command: String) throws(HostError) -> any ProgramStream
  func close()
  /// What carries it, where that is worth a word: "your own ssh, for KnownHostsCommand".
  var carrier: String? { get }
}

extension HostTransport {
  var carrier: String? { nil }
}

/// A program on the host: its stdin and stdout.
protocol ProgramStream: AnyObject {
  /// At least one byte of stdout; none at its end. `lost` when nothing came in time.
  func read(withinSeconds: Double) throws(HostError) -> [UInt8]
  func write(_ bytes: [UInt8], withinSeconds: Double) throws(HostError)
  func endInput() throws(HostError)
  /// How it ended, once `read` has met the end or `write` has failed; nil where that cannot be told.
  func end() -> ProgramEnd?
  /// Ends everything under way on this stream, from any thread.
  var interrupt: @Sendable () -> Void { get }
}

extension ProgramStream {
  /// The rest of stdout, bounded, and how the program ended.
  func readToEnd(
    maxBytes: Int, withinSeconds seconds: Double
  ) throws(HostError) -> (output: [UInt8], end: ProgramEnd?) {
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    var output: [UInt8] = []
    while true {
      let piece = try read(withinSeconds: deadline.secondsLeft)
      if piece.isEmpty { return (output, end()) }
      output += piece
      guard output.count <= maxBytes else {
        throw .protocolFault("a program there printed more than \(maxBytes) bytes, which is the limit")
      }
    }
  }
}
