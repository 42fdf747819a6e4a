import Glibc

extension ChildProgram {
  /// What it prints until it ends, time is up or it has said enough. It goes on where it had more to say.
  ///
  /// - Parameter goesOn: asked some times a second; false ends the reading.
  package func output(
    maxBytes: Int, until deadline: ContinuousClock.Instant, goesOn: () -> Bool = { true }
  ) -> [UInt8] {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while goesOn(), .now < deadline, output.count < maxBytes {
      let piece = min(deadline, .after(seconds: Self.pieceSeconds))
      guard wait(for: Int16(POLLIN), until: piece) != 0 else { continue }
      let count = recv(socket, &buffer, min(buffer.count, maxBytes - output.count), 0)
      if count > 0 { output += buffer[..<count] }
      if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { break }
    }
    return output
  }

  /// How often is asked whether to go on, in seconds.
  private static var pieceSeconds: Double { 0.2 }
}
