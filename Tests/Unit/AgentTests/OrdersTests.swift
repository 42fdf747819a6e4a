import Files
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent
@testable import Upgrade

/// What is answered to orders while another one is at work.
@Suite struct OrdersTests {
  private let result = JobResult(job: "job-1", outcome: .upgraded, target: "4.2.0")

  /// The lock of an app is waited for: what held before the wait need not hold after it.
  @Test func `an order that comes twice, the second while the first is followed, begins nothing`()
    throws
  {
    let directory = try TestDirectory()
    let paths = AgentPaths(app: "app", root: FilePath(directory.path))
    try StateFolder(paths).prepare()
    let folder = JobFolder(paths, "job-1")
    try FileManager.default.createDirectory(atPath: folder.path.string, withIntermediateDirectories: true)
    // What it says is not asked here, only whether it is there.
    try Stored.write("an order", folder.orderFile)
    let log = try JobEventLog(folder.events)
    var rested = JobEvent(event: .rested)
    rested.result = JobResult(job: "job-1", outcome: nil, target: "4.2.0")
    log.append(rested)
    var journal = try Journal.open(paths.journal)
    try journal.record(.staged, job: "job-1", cause: nil, bootID: "b")

    let lock = try StateFolder(paths).lock("the first one")
    let reply = Mutex<Reply?>(nil)
    let second = Thread {
      let order = CutoverOrder(app: "app", job: "job-1", lifetimeSeconds: 60)
      let answer = try? Orders(paths, "b").cutover(order)
      reply.withLock { $0 = answer }
    }
    second.start()
    // It has looked at the journal by then, and waits; where it has not, it hears the same.
    usleep(200_000)
    rested.result = result
    log.append(rested)
    try journal.record(.idle, job: nil, cause: nil, bootID: "b")
    lock.release()
    #expect(eventually { second.isFinished })
    // Where this machine is so slow that the wait for the lock was too long, nothing was answered, and nothing begun.
    #expect(reply.withLock { $0 } ?? .ok == .ok)
    #expect(!FileManager.default.fileExists(atPath: folder.cutoverFile.string))
    #expect(JobEventLog.readAll(folder.events).0.last?.result == result, "no new story begins")
  }
}
