import CLinux
import Glibc
import SystemPackage
import Wire

/// The hidden verb `fleet-agent isolate`: the agent starts its own program again as the ``Supervisor`` of
/// one command. What is to be done stands in the file at descriptor 3, descriptor 4 takes the report.
package enum IsolateVerb {
  package static let name = "isolate"

  /// - Parameter arguments: what follows the verb; there is nothing to say.
  /// - Returns: the exit status; 64 (EX_USAGE) where it was not the agent who called.
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.isEmpty, let spec = readSpec(), !spec.words.isEmpty else {
      let text = "fleet-agent \(name) is for fleet-agent itself\n"
      _ = try? FileDescriptor.standardError.writeAll(text.utf8)
      return 64
    }
    return Supervisor(spec: spec).run()
  }

  private static func readSpec() -> SupervisedCommand? {
    let file = FileDescriptor(rawValue: SupervisedCommand.specDescriptor)
    guard fcntl(SupervisedCommand.reportDescriptor, F_GETFD) >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: EffectLimits.supervisedCommandBytes)
    var count = 0
    while count < bytes.count {
      let start = count
      let got = try? bytes.withUnsafeMutableBytes {
        try file.read(fromAbsoluteOffset: Int64(start), into: .init(rebasing: $0[start...]))
      }
      guard let got else { return nil }
      if got == 0 { break }
      count += got
    }
    return try? JSON.decode(SupervisedCommand.self, from: bytes.prefix(count))
  }
}
