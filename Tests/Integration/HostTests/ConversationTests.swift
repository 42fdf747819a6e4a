import Foundation
import SystemPackage
import Testing
import Wire

@testable import Hosts
@testable import Coordinator

@Suite("A conversation over SSH") struct ConversationTests {
  private func ready(mode: String = "{}") throws -> LoopbackHost {
    let host = try LoopbackHost()
    try host.trust()
    try StandInAgent.install(in: host.folder, mode: mode)
    return host
  }

  @Test func `begins with the agent's hello, its control characters made visible`() async throws {
    let server = try ready()
    let connection = try await server.connector().connect(to: testHost("tent"))
    let hello = await connection.hello
    #expect(hello.version == "0.1.0")
    #expect(hello.user == "someone\\u{1b}[31m")
    await connection.close()
  }

  @Test func `asks and is answered`() async throws {
    let server = try ready()
    let connection = try await server.connector().connect(to: testHost("tent"))
    let reply = try await connection.ask(.status(app: "growroom"))
    #expect(reply == .status(HostStatus(app: "growroom", state: .idle)))
    await connection.close()
  }

  @Test func `skips what the login shell prints`() async throws {
    let server = try ready()
    try server.folder.write("echo; for i in $(seq 2000); do echo \"welcome $i\"; done\n", to: ".bashrc")
    let connection = try await server.connector().connect(to: testHost("tent"))
    #expect(await connection.hello.system == "a stand-in")
    await connection.close()
  }

  @Test func `gives up on a shell that never stops printing`() async throws {
    let server = try ready()
    try server.folder.write("while :; do echo noise; done\n", to: ".bashrc")
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    guard case .noAgent(let text) = error else { throw error }
    #expect(text.contains("noise"))
  }

  @Test func `tells a missing agent from everything else`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    #expect(error == .noAgent("tent: there is no agent yet. Next: fleet bootstrap tent"))
  }

  @Test func `refuses an agent whose wire is too far away`() async throws {
    let server = try ready(mode: #"{"wire": 7}"#)
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    guard case .incompatible(let text) = error else { throw error }
    #expect(text.contains("wire 7"))
  }

  @Test func `takes an agent one version ahead`() async throws {
    let server = try ready(mode: #"{"wire": 2}"#)
    let connection = try await server.connector().connect(to: testHost("tent"))
    #expect(await connection.hello.wire == 2)
    await connection.close()
  }

  @Test func `bounds a message that claims to be huge`() async throws {
    let server = try ready(mode: #"{"garbage": true}"#)
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    guard case .protocolFault(let text) = error else { throw error }
    #expect(text.contains("4294967295"))
  }

  @Test func `says what the agent said when it gave up, and stays over`() async throws {
    let server = try ready(mode: #"{"die": "ask"}"#)
    let connection = try await server.connector().connect(to: testHost("tent"))
    let error = try await hostError { _ = try await connection.ask(.status(app: "growroom")) }
    guard case .lost(let text) = error else { throw error }
    #expect(text.contains("the disk is full"))
    #expect(try await hostError { _ = try await connection.ask(.status(app: "growroom")) } == error)
    await connection.close()
  }

  @Test func `ends at once when its task is cancelled`() async throws {
    let server = try ready(mode: #"{"stall": "follow"}"#)
    let connection = try await server.connector().connect(to: testHost("tent"))
    let following = Task { () -> HostError? in
      do throws(HostError) {
        _ = try await connection.follow(app: "growroom", job: "job", after: 0, withinSeconds: 600) { _ in }
        return nil
      } catch {
        return error
      }
    }
    try await eventually("the agent is asked to follow") {
      server.folder.exists(".local/lib/fleet/reached-follow")
    }
    following.cancel()
    guard case .lost = await following.value else {
      Issue.record("not lost: \(String(describing: await following.value))")
      return
    }
    await connection.close()
  }

  @Test func `follows a job to its rest and tells nothing twice`() async throws {
    let server = try ready()
    let connection = try await server.connector().connect(to: testHost("tent"))
    let events = Collected<JobEvent>()
    let result = try await connection.follow(app: "growroom", job: "20261122", after: 1, withinSeconds: 600) {
      events.add($0)
    }
    #expect(result.outcome == .upgraded)
    #expect(result.job == "20261122")
    #expect(events.all.filter { $0.event != .heartbeat }.map(\.seq) == [2, 3, 4])
    await connection.close()
  }
}

@Suite("An upload") struct UploadTests {
  private func release(_ server: LoopbackHost, bytes: Int = 1_000_000) throws -> (FilePath, String) {
    var state: UInt32 = 1
    let data = Data(
      (0..<bytes).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
      })
    try data.write(to: URL(fileURLWithPath: server.folder.file("release.tar")))
    let sum = try hostTool("sha256sum", server.folder.file("release.tar"))
    return (FilePath(server.folder.file("release.tar")), String(sum.prefix(64)))
  }

  private func upload(
    _ server: LoopbackHost, _ release: (FilePath, String), size: Int64 = 1_000_000
  ) async throws -> [Int64] {
    let connection = try await server.connector().connect(to: testHost("tent"))
    let progress = Collected<Int64>()
    try await connection.upload(app: "growroom", file: release.0, sha256: release.1, size: size) {
      progress.add($0)
    }
    // The conversation goes on behind it.
    _ = try await connection.ask(.status(app: "growroom"))
    await connection.close()
    return progress.all
  }

  private func ready(mode: String = "{}") throws -> LoopbackHost {
    let host = try LoopbackHost()
    try host.trust()
    try StandInAgent.install(in: host.folder, mode: mode)
    return host
  }

  @Test func `arrives whole, and its progress ends at its size`() async throws {
    let server = try ready()
    let release = try release(server)
    let progress = try await upload(server, release)
    #expect(progress.first == 0)
    #expect(progress.last == 1_000_000)
    #expect(progress == progress.sorted())
  }

  @Test func `sends nothing that the host has already`() async throws {
    let server = try ready()
    let release = try release(server)
    _ = try await upload(server, release)
    #expect(try await upload(server, release).isEmpty)
  }

  @Test func `goes on where a cut connection left it`() async throws {
    let server = try ready(mode: #"{"stall": "upload"}"#)
    let release = try release(server)
    let first = Task { try await upload(server, release) }
    try await eventually("the agent has some of it") {
      server.folder.exists(".local/lib/fleet/reached-upload")
    }
    server.server.killDescendants()
    let error = try await hostError { _ = try await first.value }
    #expect(error.isAway)
    try StandInAgent.set("{}", in: server.folder)
    #expect(try await upload(server, release).first == 300_000)
  }

  @Test func `refuses an offset beyond the file`() async throws {
    let server = try ready(mode: #"{"from": 2000000}"#)
    let release = try release(server)
    let error = try await hostError { _ = try await upload(server, release) }
    guard case .protocolFault(let text) = error else { throw error }
    #expect(text.contains("2000000"))
  }

  @Test func `hands on the agent's reason for a refusal`() async throws {
    let server = try ready()
    var release = try release(server)
    release.1 = String(repeating: "0", count: 64)
    let error = try await hostError { _ = try await upload(server, release) }
    guard case .refused(let cause) = error else { throw error }
    #expect(cause.code == .artifact && cause.text.contains("another SHA-256"))
  }

  @Test func `is not begun with a file of another size`() async throws {
    let server = try ready()
    let release = try release(server)
    let error = try await hostError { _ = try await upload(server, release, size: 5) }
    guard case .protocolFault(let text) = error else { throw error }
    #expect(text.contains("this machine"))
    #expect(try !server.folder.read(".local/lib/fleet/asked").contains("upload"))
  }
}

@Suite("A cut connection") struct CutConnectionTests {
  @Test(arguments: ["greeting", "hello", "ask", "upload", "follow"])
  func `is lost, never failed, in the phase`(phase: String) async throws {
    let server = try LoopbackHost()
    try server.trust()
    try StandInAgent.install(in: server.folder, mode: #"{"stall": "\#(phase)"}"#)
    try server.folder.write(String(repeating: "x", count: 5_000_000), to: "file")
    let path = FilePath(server.folder.file("file"))
    let talk = Task { () -> HostError? in
      do throws(HostError) {
        let connection = try await server.connector().connect(to: testHost("tent"))
        if phase == "ask" { _ = try await connection.ask(.status(app: "growroom")) }
        if phase == "upload" {
          try await connection.upload(
            app: "growroom", file: path, sha256: String(repeating: "1", count: 64), size: 5_000_000
          ) { _ in }
        }
        _ = try await connection.follow(app: "growroom", job: "job", after: 0, withinSeconds: 600) { _ in }
        return nil
      } catch {
        return error
      }
    }
    try await eventually("the phase \(phase)") {
      server.folder.exists(".local/lib/fleet/reached-\(phase)")
    }
    server.server.killDescendants()
    guard case .lost(let text) = await talk.value else {
      Issue.record("\(phase): \(String(describing: await talk.value))")
      return
    }
    #expect(text.hasPrefix("tent: "))
  }
}
