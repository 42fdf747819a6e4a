@testable import SSH

/// What a program on the host printed, and how it ended.
struct RunResult {
  let exit: SSHExit
  let standardOutput: [UInt8]
  let standardError: [UInt8]
}

extension SSHSession {
  /// Runs a program to its end, with all of its input, and takes all of its output.
  ///
  /// A program that ends without reading its input is no error here; its exit tells.
  ///
  /// - Throws: `deadline`, `connectionLost`.
  func run(_ command: String, input: [UInt8] = [], deadline: SSHDeadline) throws(SSHError) -> RunResult {
    let channel = try exec(command, deadline: deadline)
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
        try channel.readNow(into: UnsafeMutableRawBufferPointer(buffer), deadline: deadline)
      }
      switch result {
      case .bytes(let count):
        progress = true
        output += piece.prefix(count)
      // stdout may end long before a program has read its stdin.
      case .end: if inputEnded { break conversation }
      case .nothingYet: break
      }
      if !progress, !link.wait(until: deadline) {
        let error = SSHError.deadline(host: target.name, during: "running a program")
        link.giveUp(error)
        throw error
      }
    }
    return RunResult(
      exit: try channel.finish(deadline: deadline), standardOutput: output,
      standardError: channel.takeStandardError().bytes)
  }
}
