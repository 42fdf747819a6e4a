import Programs
import Hosts
import Catalogue
import ByteText
import Glibc
import SystemPackage
import Wire
import Threads

/// `notify: [ { run: … } ]`: a command of this machine. It gets the notice as JSON on its input and the main
/// things as variables; what it prints is not looked at, but for the end of its error stream.
struct NoticeCommand {
  let command: Command
  let notice: Notice
  let environment: [String: String]
  var seconds = NotifyLimits.commandSeconds

  /// Its end is the end of what it started: all of its process group is killed.
  func run(_ cancel: CancelFlag) throws(DeliveryFailure) {
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    let child: ChildProgram
    do throws(Errno) {
      child = try ChildProgram(command.words, drained: true, environment: variables)
    } catch {
      throw DeliveryFailure("cannot be started: \(error)")
    }
    try feed(try LiveNotifier.json(notice) + [UInt8(ascii: "\n")], to: child, until: deadline, cancel)
    let end = try wait(for: child, until: deadline, cancel)
    guard end.exit != .status(0) else { return }
    let words = end.standardError.textLines.last.map { ": \($0)" } ?? ""
    throw DeliveryFailure("it ended with \(end.exit)\(words)")
  }

  var variables: [String: String] {
    var variables = environment
    variables["FLEET_EVENT"] = notice.event.rawValue
    variables["FLEET_TITLE"] = notice.title
    variables["FLEET_TEXT"] = notice.text
    variables["FLEET_APP"] = notice.app
    variables["FLEET_ROLLOUT"] = notice.report?.rollout ?? ""
    variables["FLEET_EXIT_CODE"] = notice.report.map { "\($0.exitCode)" } ?? ""
    return variables
  }

  /// A command need not read its input.
  private func feed(
    _ bytes: [UInt8], to child: ChildProgram, until deadline: ContinuousClock.Instant, _ cancel: CancelFlag
  ) throws(DeliveryFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(child.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      guard errno == EAGAIN || errno == EINTR else { break }
      try goOn(until: deadline, cancel)
      _ = child.wait(for: Int16(POLLOUT), until: min(deadline, .after(seconds: Self.pieceSeconds)))
      drain(child)
      if child.end(withinSeconds: 0) != nil { break }
    }
    shutdown(child.socket, Int32(SHUT_WR))
  }

  private func wait(
    for child: ChildProgram, until deadline: ContinuousClock.Instant, _ cancel: CancelFlag
  ) throws(DeliveryFailure) -> ProgramEnd {
    while true {
      if let end = child.end(withinSeconds: Self.pieceSeconds) { return end }
      drain(child)
      try goOn(until: deadline, cancel)
    }
  }

  /// How often cancelling and its end are asked about, in seconds.
  private static let pieceSeconds = 0.05

  private func goOn(until deadline: ContinuousClock.Instant, _ cancel: CancelFlag) throws(DeliveryFailure) {
    if cancel.isSet { throw DeliveryFailure("cancelled") }
    if deadline <= .now { throw DeliveryFailure("it took longer than \(Int(seconds)) s and was killed") }
  }

  private func drain(_ child: ChildProgram) {
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while read(child.socket, &piece, piece.count) > 0 {}
  }
}
