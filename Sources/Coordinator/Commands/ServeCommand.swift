import ByteText
import Driver
import Glibc
import Hub
import Inventory
import Password
import Report
import Store
import Web
import ArgumentParser
import Wire

struct ServeCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Show all rooms on a web page, with a button for what the commands do.",
    discussion: """
      Runs until Ctrl-C. The page shows what fleet status and the report show, follows a rollout whoever drives it, \
      and runs the same commands; each button says which one. What it has begun and did not see the end of it goes on \
      with when it is started again.

      Without --lan only this machine can reach it: your own user (and root) needs no password there, others do. \
      With --lan the page is for the network it is in, in the clear, and wants a password; the first one is set with \
      the code that is printed here. The other code that is printed lets one look, and change nothing.

      Examples:
        fleet serve
        fleet serve --lan --port 8420
        ssh -L 8420:localhost:8420 pi          and then open http://localhost:8420
      """)

  @Option(
    name: .long, help: ArgumentHelp("Where it listens, 1 to 65535; 0: any that is free.", valueName: "port"))
  var port = HubLimits.port

  @Flag(name: .long, help: "Let other machines of the network come in, with a password.")
  var lan = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A name by which browsers may ask for it, as of a proxy before it; everybody needs the password then.",
      valueName: "name"))
  var name: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Listen on this socket, too, for your own user alone.", valueName: "path"))
  var socket: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port takes 0 to 65535.") }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let files = HubStore(besides: session.store.folder)
    try files.make()
    let door = HubDoor(password: try files.password(), readCode: try files.readCode())
    let hub = try FleetHub(context, common, run: Secret.hex(bytes: 4))
    let machine = context.machineName
    let site = HubSite(
      hub: hub, files: files, guarding: HubGuard(names: name + (lan ? [machine, "\(machine).local"] : [])),
      time: context.time, name: session.fleet.name, pages: HubRollouts(context: context, common: common),
      door: door, ownerNeedsNoPassword: name.isEmpty)
    let server = WebServer { await site.answer($0) }
    // Both: else somebody else could be who answers to `localhost`.
    var addresses = (lan ? ["0.0.0.0", "::"] : ["127.0.0.1", "::1"]).map {
      WebAddress.tcp(host: $0, port: port)
    }
    if let socket { addresses.append(.socket(path: socket)) }
    let interrupts = context.interrupts()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await hub.run() }
      group.addTask { [addresses] in
        try await server.run(at: addresses) { found in
          let port = found.lazy.compactMap(\.port).first
          if let port { await site.listens(at: port) }
          tell(port: port, machine, door, session)
          // Not before it is known that it is this one that serves.
          do throws(StoreError) { try await hub.takeUp() } catch { session.warn("\(error)") }
        }
      }
      group.addTask { await Self.waitForEnd(of: hub, interrupts, session) }
      // The first that ends: Ctrl-C, or what cannot listen.
      defer { group.cancelAll() }
      try await group.next()
      return .good
    }
  }

  /// Until Ctrl-C, and what is in its cutover then is finished; the second one does not wait for that.
  private static func waitForEnd(
    of hub: FleetHub, _ interrupts: AsyncStream<Void>, _ session: Session
  ) async {
    let (firsts, first) = AsyncStream.makeStream(of: Void.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var isEnding = false
        for await _ in interrupts {
          guard isEnding else {
            isEnding = true
            first.yield()
            continue
          }
          await hub.letGo()
          // Whatever the command is at.
          try? await Task.sleep(for: .seconds(HubLimits.letGoSeconds))
          return
        }
      }
      group.addTask {
        guard await firsts.first(where: { _ in true }) != nil else { return }
        if await hub.state.isRunning {
          session.aside("What is in its cutover is finished, nothing new begins (Ctrl-C again lets go).")
        }
        await hub.end()
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func tell(port: Int?, _ machine: String, _ door: HubDoor, _ session: Session) {
    if let port { session.print("http://\(lan ? machine : "localhost"):\(port)") }
    if let socket { session.print(socket) }
    if let code = door.setUpCode {
      session.aside("No password is set yet. To set one from another machine or user: \(code)")
    }
    if let code = door.readCode { session.aside("For looking only: \(code)") }
  }
}
