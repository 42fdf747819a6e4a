import Foundation
import TestSupport
import Testing
import Wire

/// A disk that gives back other bits than it was given: seen before the exchange, or undone.
@Suite(.serialized) struct BitFlipTests {
  /// Turns one bit of a file round.
  private func flip(_ file: URL, bit: Int) throws {
    let handle = try FileHandle(forUpdating: file)
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(bit / 8))
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(bit / 8))
    try handle.write(contentsOf: [byte ^ UInt8(1 << (bit % 8))])
  }

  private func size(_ file: URL) throws -> Int {
    try #require(try file.resourceValues(forKeys: [.fileSizeKey]).fileSize)
  }

  @Test func `an archive that changed on the host is not staged and is sent again`() throws {
    let room = try Room()
    let archive = room.state.appending(path: "growroom/artifacts/\(try room.release("4.1.0").name.sha256)")
    // Between its arrival, where it was checked, and the order.
    let refused = try room.stage("4.1.0", job: "job-1") { _ in
      #expect(throws: Never.self) { try flip(archive, bit: size(archive) * 4) }
    }
    #expect(refused.outcome == .refused)
    #expect(refused.reason?.code == .artifact, "\(refused.reason?.text ?? "")")
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
  }

  @Test func `a staged tree that changed is not cut over and is staged again`() throws {
    let room = try Room()
    let poller = Poller(port: room.port)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let tree = room.folder.appending(path: ".fleet-growroom/tree")
    // In the app's own code, in a copy of the user's settings, and in a mode.
    let code = tree.appending(path: "growroom/daemon.py")
    try flip(code, bit: size(code) * 8 - 4)
    let first = try room.cutover(job: "job-1")
    #expect(first.outcome == .deferred && first.reason?.code == .stageExpired, "\(first)")
    #expect(first.reason?.text.contains("changed on the disk") == true)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil, "the same job is staged anew")

    try flip(tree.appending(path: "config.ini"), bit: 3)
    #expect(try room.cutover(job: "job-1").reason?.code == .stageExpired)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)

    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: code.path)
    #expect(try room.cutover(job: "job-1").reason?.code == .stageExpired)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
  }

  @Test func `a database that breaks on its way is refused in the rehearsal and undone later`() throws {
    let room = try Room()
    // After the migration: the kind of the first page, which is then none that SQLite knows.
    let breaking = """
      for file in databases/*.db; do
        printf '\\000' | dd of="$file" bs=1 seek=100 conv=notrunc status=none
      done
      """
    func stage(_ job: String, _ script: String) throws -> JobResult {
      try room.stage("4.1.0", job: job, retry: true) {
        $0.steps.migrate.append(Run(command: .shell(script), timeoutSeconds: 60))
      }
    }
    let refused = try stage("job-1", breaking)
    #expect(refused.outcome == .refused && refused.reason?.code == .rehearsal, "\(refused)")

    // The user's settings are carried after the rehearsal: only the cutover sees this line.
    #expect(try stage("job-2", "! grep -q flip config.ini || { \(breaking)\n}").outcome == nil)
    let settings = try FileHandle(forWritingTo: room.install.appending(path: "config.ini"))
    try settings.seekToEnd()
    try settings.write(contentsOf: Data("# flip\n".utf8))
    try settings.close()
    let undone = try room.cutover(job: "job-2")
    #expect(undone.outcome == .rolledBack && undone.healthy == true, "\(undone)")
    #expect(!undone.steps.contains { $0.step == .swap }, "it was seen before the exchange")
    #expect(room.version == "4.0.26")
    #expect(try room.agent("status").contains("MARKED"))
  }
}
