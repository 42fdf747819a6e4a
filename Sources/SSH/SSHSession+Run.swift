import Glibc

/// What a program on the host printed, and how it ended.
public struct SSHRunResult: Sendable, Equatable {
  public let exit: SSHExit
  public let standardOutput: [UInt8]
  public let standardError: [UInt8]
}

extension SSHSession {
  /// Starts a program, for a conversation over its stdin and stdout.
  ///
  /// `command` is a line for the login shell of the user on the host: whatever is not constant in it must be
  /// quoted, `SSHQuoting.quote` does.
  public func exec(_ command: String, deadline: SSHDeadline) throws(SSHError) -> SSHChannel {
    try SSHChannel.open(command, on: link, deadline: deadline)
  }

  /// Runs a program to its end, with all of its input, and takes all of its output.
  ///
  /// A program that ends without reading its input is no error here; its exit tells.
  ///
  /// - Parameter maxOutputBytes: for stdout and for stderr, each.
  /// - Throws: `outputTooLarge`, after which the program is left to its fate; `deadline`, `connectionLost`.
  public func run(
    _ command: String, input: [UInt8] = [], deadline: SSHDeadline, maxOutputBytes: Int = 1024 * 1024
  ) throws(SSHError) -> SSHRunResult {
    let channel = try exec(command, deadline: deadline)
    channel.keepStandardError(limitBytes: maxOutputBytes)
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 * 1024)
    var given = 0
    var inputEnded = false
    // Both directions in turn: a program that answers while it is fed would stop for ever if nobody read.
    conversation: while true {
      var progress = false
      if !inputEnded, given == input.count {
        try channel.sendEOF(deadline: deadline)
        inputEnded = true
      } else if !inputEnded {
        let result = try input.withUnsafeBufferPointer { buffer throws(SSHError) in
          let rest = UnsafeRawBufferPointer(buffer)[given...]
          return try channel.writeNow(UnsafeRawBufferPointer(rebasing: rest), deadline: deadline)
        }
        switch result {
        case .bytes(let count):
          given += count
          progress = true
        case .end: inputEnded = true
        case .nothingYet: break
        }
      }
      let result = try piece.withUnsafeMutableBufferPointer { buffer throws(SSHError) in
        try channel.readNow(into: UnsafeMutableRawBufferPointer(buffer))
      }
      switch result {
      case .bytes(let count):
        progress = true
        output += piece.prefix(count)
      // stdout may end long before a program has read its stdin.
      case .end: if inputEnded { break conversation }
      case .nothingYet: break
      }
      guard output.count <= maxOutputBytes, channel.droppedStandardErrorBytes == 0 else {
        throw .outputTooLarge(host: target.name, limitBytes: maxOutputBytes)
      }
      if !progress, !link.wait(until: deadline) {
        let error = SSHError.deadline(host: target.name, during: "running a program")
        link.giveUp(error)
        throw error
      }
    }
    let exit = try channel.finish(deadline: deadline)
    let errors = channel.takeStandardError()
    guard errors.droppedBytes == 0 else {
      throw .outputTooLarge(host: target.name, limitBytes: maxOutputBytes)
    }
    return SSHRunResult(exit: exit, standardOutput: output, standardError: errors.bytes)
  }
}

/// Words for a POSIX shell.
public enum SSHQuoting {
  /// One word that the shell takes as it is: in single quotes, where only the single quote needs care.
  public static func quote(_ word: String) -> String {
    "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
