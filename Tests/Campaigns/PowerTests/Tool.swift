import Foundation
import TestSupport

/// Programs of this machine, found by their names, with nothing of the test's own environment.
enum Tool {
  typealias Failed = Spawn.Failed

  static func start(_ words: [String], environment: [String: String] = [:]) throws -> TalkingChild {
    let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
    return try TalkingChild(["/usr/bin/env"] + words, environment: path.merging(environment) { $1 })
  }

  /// Runs a program to its end; what it printed. Anything but exit code 0 is an error.
  @discardableResult
  static func run(_ words: String...) throws -> String {
    let child = try start(words)
    child.endInput()
    let output = child.readAll()
    let status = child.wait()
    guard status == 0 else { throw Failed("\(words) ended with \(status)\n\(output)") }
    return output
  }
}
