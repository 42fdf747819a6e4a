import CoordinatorSupport
import Foundation
import SystemPackage
import TestSupport
import Testing
import Threads
import Wire

@testable import Catalogue
@testable import Inventory
@testable import Store
@testable import Report
@testable import Coordinator

/// Over real HTTP on loopback, and with real commands.
@Suite struct NotifierTests {
  private let notifier = LiveNotifier(environment: ProcessInfo.processInfo.environment)

  private func notice() throws -> Notice {
    try #require(Notice(Report(SampleRecord.halted()), timezone: "UTC"))
  }

  private let title = "Halted. Not reached: drying; look whether it is on. Every reached room runs."

  @Test func `a webhook gets the whole report, in JSON that fits its schema`() async throws {
    let folder = try TestDirectory()
    let double = try await PostDouble.start(in: FilePath(folder.path))
    #expect(await notifier.tell(try notice(), to: .webhook(double.base + "/hook/secret")) == nil)
    let request = try #require(try double.requests().first)
    #expect(request.method == "POST" && request.path == "/hook/secret")
    #expect(request.headers["content-type"] == "application/json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
    #expect(object["title"] as? String == title)
    #expect(object["event"] as? String == "halt")
    #expect(try SchemaCheck("notification.schema.json").faults(request.body.utf8) == [])
    let report = try JSONSerialization.data(withJSONObject: try #require(object["report"]))
    #expect(try SchemaCheck("report.schema.json").faults(report) == [])
  }

  @Test func `ntfy gets the first line as its title and the text as its message`() async throws {
    let folder = try TestDirectory()
    let double = try await PostDouble.start(in: FilePath(folder.path))
    #expect(await notifier.tell(try notice(), to: .ntfy(double.base + "/tents")) == nil)
    let request = try #require(try double.requests().first)
    #expect(request.method == "POST" && request.path == "/tents")
    #expect(request.headers["title"] == title)
    #expect(request.headers["priority"] == "high" && request.headers["tags"] == "warning")
    #expect(
      request.body == ReportText(Report(SampleRecord.halted()), timezone: "UTC").lines.joined(separator: "\n")
    )
  }

  @Test func `ntfy's message is cut at a line where it would become a file`() throws {
    var long = try notice()
    long.text = (1...500).map { "line \($0) of many" }.joined(separator: "\n")
    let body = LiveNotifier.body(long)
    #expect(body.count <= NotifyLimits.ntfyTextBytes && body.count > NotifyLimits.ntfyTextBytes - 40)
    #expect(String(decoding: body, as: UTF8.self).hasSuffix(" of many"))
  }

  @Test(arguments: [
    ("/status/403", "the server answered 403"), ("/away", "the server answered 302"),
  ])
  func `a server that does not take it is said, without the secret part of its address`(
    path: String, problem: String
  ) async throws {
    let folder = try TestDirectory()
    let double = try await PostDouble.start(in: FilePath(folder.path))
    let told = await notifier.tell(try notice(), to: .webhook(double.base + path))
    #expect(told == "webhook \(double.base): \(problem)")
    #expect(try double.requests().map(\.path) == [path])
  }

  @Test func `nobody there is said`() async throws {
    let told = await notifier.tell(try notice(), to: .ntfy("http://127.0.0.1:1/topic"))
    #expect(told?.hasPrefix("ntfy http://127.0.0.1:1: no connection") == true)
  }

  @Test func `a command gets the notice as JSON and as variables`() async throws {
    let folder = try TestDirectory()
    let path = folder.file("told")
    let script =
      "cat >\(path); printf '%s|%s|%s|%s' \"$FLEET_EVENT\" \"$FLEET_TITLE\" \"$FLEET_ROLLOUT\" "
      + "\"$FLEET_EXIT_CODE\" >>\(path); [ -n \"$PATH\" ]"
    #expect(await notifier.tell(try notice(), to: .run(.shell(script))) == nil)
    let lines = String(decoding: try StateFiles.read(FilePath(path)), as: UTF8.self).split(separator: "\n")
    #expect(try SchemaCheck("notification.schema.json").faults(lines[0].utf8) == [])
    #expect(lines[1] == "halt|\(title)|20261122-101500-v4.2.0|2")
  }

  @Test func `a command that does not read and says much is no trouble`() async throws {
    let quiet = Command.shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 0")
    #expect(await notifier.tell(try notice(), to: .run(quiet)) == nil)
  }

  @Test func `a command that fails is said, with the last that it said`() async throws {
    let told = await notifier.tell(
      try notice(), to: .run(.shell("echo one >&2; echo 'no \u{1B}mail' >&2; exit 3")))
    #expect(told?.contains("3") == true && told?.hasSuffix(": no \\u{1b}mail") == true)
    let missing = await notifier.tell(try notice(), to: .run(.arguments(["/nowhere/mail"])))
    #expect(missing?.hasPrefix("run /nowhere/mail: cannot be started") == true)
  }

  @Test func `a command that hangs is killed in time, with what it started`() async throws {
    let folder = try TestDirectory()
    let pidFile = folder.file("pid")
    let hanging = NoticeCommand(
      command: .shell("sleep 600 & echo $! >\(pidFile); wait"), notice: try notice(),
      environment: ["PATH": "/usr/bin:/bin"], seconds: 1)
    let error = await #expect(throws: DeliveryFailure.self) {
      try await onOwnThread { (cancel) throws(DeliveryFailure) in try hanging.run(cancel) }
    }
    #expect(error?.why == "it took longer than 1 s and was killed")
    let text = String(decoding: try StateFiles.read(FilePath(pidFile)), as: UTF8.self)
    let pid = try #require(Int32(text.trimmingCharacters(in: .newlines)))
    var tries = 500
    while FileManager.default.fileExists(atPath: "/proc/\(pid)/cmdline"), tries > 0,
      try StateFiles.read(FilePath("/proc/\(pid)/cmdline")).isEmpty == false
    {
      tries -= 1
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(tries > 0)
  }
}
