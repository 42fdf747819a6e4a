import Catalogue
import Driver
import Hosts
import Hub
import Inventory
import Report
import Store
import Synchronization
import Text
import Wire

/// The fleet as the page shows it: looked at now and then, followed where something is at work, and told what to do by
/// whoever presses. It does nothing itself: what is pressed is run as the command that it is.
actor FleetHub {
  private let context: CommandContext
  private let common: CommonOptions
  private let files: HubStore
  private let store: RolloutStore
  private var identity: FleetIdentity
  private var typed: TypedFleet
  private var follower: RolloutFollower
  private(set) var state: HubState
  private var command: PressedCommand?
  /// What stops a rollout, beside it.
  private var stop: Task<Void, Never>?
  private var running: Task<Void, Never>?
  private var isLookDue = true
  private var isEnding = false
  private var isLetGo = false
  /// Pages that wait for news.
  private var pages: [Int: CheckedContinuation<Void, Never>] = [:]
  private var hasEnded = false
  private var pageCount = 0
  /// By whether those who read may press.
  private var news: [Bool: HubNews]
  private let pokes: AsyncStream<Void>
  private let poke: AsyncStream<Void>.Continuation

  init(_ context: CommandContext, _ common: CommonOptions, run: String) throws {
    self.context = context
    self.common = common
    let session = try Session(context.quiet, common)
    store = session.store
    files = HubStore(besides: store.folder)
    identity = FleetIdentity(folder: session.fleet.folder, app: session.fleet.namedApp)
    typed = session.typedAnywhere
    follower = RolloutFollower(store)
    state = HubState(
      name: session.fleet.name, timezone: session.fleet.timezone, rooms: Self.rooms(session.fleet, []))
    news = [true: HubNews(run: run), false: HubNews(run: run + "r")]
    (pokes, poke) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  private static func rooms(_ fleet: Fleet, _ before: [HubState.Room]) -> [HubState.Room] {
    fleet.hosts.map { host in
      var room = HubState.Room(host: host.name, held: host.hold)
      if let old = before.first(where: { $0.host == host.name }) {
        (room.row, room.live) = (old.row, old.live)
      }
      return room
    }
  }

  // MARK: For as long as it runs

  /// Until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.follow() }
      group.addTask { await self.look() }
      group.addTask { await self.publish() }
    }
    hasEnded = true
    tellPages()
  }

  /// As Ctrl-C where a rollout is driven: what is in its cutover is finished, and nothing new begins.
  func end() async {
    isEnding = true
    state.trouble = "fleet serve is ending."
    poke.yield()
    command?.interrupt()
    await running?.value
    await stop?.value
  }

  /// As the second one: nothing is waited for, and the next `fleet serve` goes on with it.
  func letGo() {
    isLetGo = true
    command?.interrupt()
  }

  /// Goes on with what was under way when the hub ended without having seen the end of it: with that rollout, where it
  /// is open and nobody drives it, and with nothing else.
  func takeUp() throws(StoreError) {
    guard let wish = try files.wish(of: identity) else { return }
    let open = try store.records(inventory: identity.folder, app: identity.app, limit: 20).first(
      where: \.isOpen)
    guard let open, (UTC.milliseconds(open.taken) ?? 0) >= wish.pressed else {
      // It came to nothing, or somebody has ended it.
      return try files.wish(nil, of: identity)
    }
    guard !store.isDriven(open.header.rollout) else { return }
    begin(
      ["resume", "--yes"], by: "fleet serve, which goes on with what it had begun", pressed: wish.pressed)
  }

  private func follow() async {
    while !Task.isCancelled {
      let wasDriven = follower.isDriven
      do throws(StoreError) {
        if try follower.look(at: identity) { tellWork() }
      } catch {
        state.sourceTrouble = "\(error)"
        poke.yield()
      }
      if wasDriven, !follower.isDriven { isLookDue = true }
      // While something is at work nobody else looks whether the inventory was mended.
      if state.trouble != nil, !isEnding, (try? Session(context.quiet, common)) != nil {
        state.trouble = nil
        isLookDue = true
        poke.yield()
      }
      let pause = state.isBusy ? HubLimits.followMilliseconds : HubLimits.idleMilliseconds
      guard (try? await context.time.sleep(pause)) != nil else { return }
    }
  }

  private func tellWork() {
    defer { poke.yield() }
    guard let record = follower.record, let live = follower.live else {
      state.work = nil
      return
    }
    let now = context.time.nowMilliseconds()
    let report = Report(record)
    let since = NextSteps.Since(
      isAtWork: follower.isDriven, present: Set(state.rooms.map(\.host)))
    var text = ReportText(report, timezone: state.timezone, typed: typed)
    text.since = since
    let mood: HubState.Mood =
      report.hosts.contains { $0.outcome == .failed }
      ? .bad : report.exitCode == 0 || follower.isDriven ? .good : .warn
    state.work = HubState.Work(
      rollout: record.header.rollout, isDriven: follower.isDriven,
      isOpen: record.isOpen, headline: follower.isDriven ? live.head(now) : text.title, foot: live.foot(now),
      mood: mood)
    let words = live.hosts(now: now)
    for index in state.rooms.indices {
      state.rooms[index].live = words.first { $0.host == state.rooms[index].host }
    }
  }

  private func look() async {
    var asked: Int64?
    while !Task.isCancelled {
      let now = context.time.monotonicMilliseconds()
      let isOld = asked.map { now - $0 >= HubLimits.lookSeconds * 1000 } ?? true
      if !state.isBusy, isLookDue || isOld {
        isLookDue = false
        await lookOnce()
        asked = context.time.monotonicMilliseconds()
      }
      guard (try? await context.time.sleep(HubLimits.followMilliseconds)) != nil else { return }
    }
  }

  private func lookOnce() async {
    state.isLooking = true
    poke.yield()
    defer {
      state.isLooking = false
      poke.yield()
    }
    do {
      let session = try Session(context.quiet, common)
      identity = FleetIdentity(folder: session.fleet.folder, app: session.fleet.namedApp)
      state.timezone = session.fleet.timezone
      state.rooms = Self.rooms(session.fleet, state.rooms)
      let hosts = session.fleet.hosts.filter { !$0.hold }
      let connector = try session.connector()
      let catalogue = try context.catalogue(session.fleet)
      let asked = await Survey.each(hosts, waits: { _ in }) { await Survey.meet($0, over: connector) }
      let look = await StatusLook.take(asked, catalogue, session)
      for row in look.rows {
        guard let index = state.rooms.firstIndex(where: { $0.host == row.host }) else { continue }
        state.rooms[index].row = row
      }
      state.sourceTrouble = look.sourceTrouble.map { "Which releases there are is not known: \($0)" }
      if !isEnding { state.trouble = nil }
      state.looked = context.time.nowMilliseconds()
    } catch { state.trouble = "\(error)" }
  }

  // MARK: What is pressed

  /// - Parameter by: who did it, for all to read.
  /// - Returns: why it is not done; nil: it has begun.
  func press(_ action: HubAction, by: String) -> String? {
    if let objection = state.objection(to: action) { return objection }
    guard action.stops, state.isRunning else {
      begin(action.words, by: by)
      return nil
    }
    guard stop == nil else { return "It was told to stop." }
    // What it says stands with what it stops.
    let stopped = command
    stopped?.note("\(typedText(action.words)), by \(by)\n")
    let pressed = PressedCommand(withInventory(action.words)) { stopped?.note($0) }
    stop = Task { [context] in
      _ = await pressed.run(on: context)
      self.hasStopped()
    }
    return nil
  }

  private func hasStopped() {
    stop = nil
    isLookDue = true
  }

  func lookSoon() { isLookDue = true }

  /// What a command prints that only looks.
  func read(_ words: [String]) async -> (typed: String, output: String) {
    let look = PressedCommand(withInventory(words))
    _ = await look.run(on: context)
    return (typedText(words), look.result.isEmpty ? look.output : look.result)
  }

  /// A command as it would be typed elsewhere.
  func typedText(_ words: [String]) -> String { typed.command(words.first ?? "", Array(words.dropFirst())) }

  private func withInventory(_ words: [String]) -> [String] {
    var options: [String] = []
    if let inventory = common.inventory { options += ["--inventory", inventory] }
    if let app = common.app { options += ["--app", app] }
    return Array(words.prefix(1)) + options + Array(words.dropFirst())
  }

  /// - Parameter pressed: when it was pressed first, milliseconds since 1970; nil: now.
  private func begin(_ words: [String], by: String, pressed: Int64? = nil) {
    // Should this program end before the command does.
    let wish = HubStore.Wish(pressed: pressed ?? context.time.nowMilliseconds(), words: words)
    do throws(StoreError) { try files.wish(Self.isTakenUp(words) ? wish : nil, of: identity) } catch {
      state.sourceTrouble = "\(error)"
    }
    let poke = poke
    let pressed = PressedCommand(withInventory(words)) { _ in poke.yield() }
    command = pressed
    state.command = HubState.Command(typed: typedText(words), by: by, began: context.time.nowMilliseconds())
    running = Task { [context] in
      let code = await pressed.run(on: context)
      self.ended(code)
    }
    poke.yield()
  }

  /// What was half done is gone on with.
  private static func isTakenUp(_ words: [String]) -> Bool {
    ["upgrade", "stage", "resume", "rollback"].contains(words.first ?? "")
  }

  private func ended(_ code: Int32) {
    state.command?.output = command?.output ?? ""
    state.command?.code = code
    command = nil
    // What could not be reached (all of the house is without power) is gone on with another time.
    if !isLetGo, code != RunExit.unreachable.rawValue { try? files.wish(nil, of: identity) }
    isLookDue = true
    poke.yield()
  }

  // MARK: Who looks

  /// The page, for who may press and for who may not.
  func fragments(acts: Bool) -> HubFragments {
    var state = state
    if let command { state.command?.output = command.output }
    return HubFragments(state, now: context.time.nowMilliseconds(), acts: acts)
  }

  func mark(acts: Bool) -> String { news[acts]?.mark ?? "" }

  /// What a page is sent for as long as it is open: what it lacks, and now and then a sign of life. The next is made
  /// when the last was taken, so whoever is slow hears of fewer states, and of nothing half.
  nonisolated func events(after mark: String, acts: Bool) -> AsyncStream<[UInt8]> {
    let seen = Mutex(mark)
    return AsyncStream { [self] in
      guard let (events, mark) = await next(after: seen.withLock { $0 }, acts) else { return nil }
      seen.withLock { $0 = mark }
      return events
    }
  }

  /// nil: the hub, or the page, is no more.
  private func next(after mark: String, _ acts: Bool) async -> (events: [UInt8], mark: String)? {
    if let found = lacking(after: mark, acts) { return found }
    await waitForNews()
    guard !hasEnded, !Task.isCancelled else { return nil }
    return lacking(after: mark, acts) ?? (Array(": here\n\n".utf8), mark)
  }

  private func waitForNews() async {
    pageCount += 1
    let page = pageCount
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiting in
        if hasEnded || Task.isCancelled { waiting.resume() } else { pages[page] = waiting }
      }
    } onCancel: {
      Task { await self.wake(page) }
    }
  }

  private func wake(_ page: Int) { pages.removeValue(forKey: page)?.resume() }

  /// nil: nothing.
  private func lacking(after mark: String, _ acts: Bool) -> (events: [UInt8], mark: String)? {
    news[acts]?.events(after: mark).map { ($0, self.mark(acts: acts)) }
  }

  /// Not more than five times a second, whatever is printed.
  private func publish() async {
    let beats = Task { [context, poke] in
      while (try? await context.time.sleep(HubLimits.heartbeatSeconds * 1000)) != nil {
        self.tellPages()
        poke.yield()
      }
    }
    defer { beats.cancel() }
    for await _ in pokes {
      let isNews = [true, false].map { acts in
        news[acts]?.take(fragments(acts: acts).all) == true
      }
      if isNews.contains(true) { tellPages() }
      guard (try? await context.time.sleep(200)) != nil else { return }
    }
  }

  private func tellPages() {
    let waiting = pages.values
    pages = [:]
    waiting.forEach { $0.resume() }
  }
}
