import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// `fleet-agent serve`: the one entry on the host. It answers questions, takes files, and starts jobs
/// that live without it; it never works on the app itself.
struct Server {
  let bootID: String
  private var conversation: Conversation
  /// When this conversation began, on the clock that counts from the boot.
  private let opened = BootClock.milliseconds()

  init(bootID: String, conversation: Conversation = Conversation()) {
    self.bootID = bootID
    self.conversation = conversation
  }

  /// Until the other side closes. The exit status of the program.
  mutating func run() -> Int32 {
    do {
      try conversation.open()
      while true {
        guard let request = try conversation.request() else {
          try conversation.answer(
            .unsupported("fleet-agent \(FleetVersion.text) does not know this request"))
          continue
        }
        try handle(request)
      }
    } catch {
      switch error {
      case .closed: return 0
      case .garbage(let text):
        warn("fleet-agent serve: \(text)")
        return 65
      }
    }
  }

  private mutating func handle(_ request: Request) throws(Conversation.Ended) {
    if let bad = request.names.first(where: { !AgentPaths.isName($0) }) {
      try conversation.answer(
        .refused(Cause(code: .fault, step: .check, text: "\"\(bad)\" cannot be a name")))
      return
    }
    switch request {
    case .upload(let app, let sha256, let size):
      var upload = Upload(paths: AgentPaths(app: app), sha256: sha256, size: size)
      try upload.receive(&conversation)
    case .follow(let app, let job, let after):
      let folder = JobFolder(AgentPaths(app: app), job)
      try Follower(folder: folder).follow(after: after, conversation)
    default:
      let reply: Reply
      do {
        reply = try answer(to: request)
      } catch {
        reply = .refused(error.cause(at: .check))
      }
      try conversation.answer(reply)
    }
  }

  private func answer(to request: Request) throws(StepFailure) -> Reply {
    switch request {
    case .hello: return .hello(HostGreeting.hello(bootID: bootID))
    case .probe(let profiles): return .probe(try HostProbe(bootID: bootID).probe(profiles))
    case .claim(let app, let claim):
      let paths = AgentPaths(app: app)
      try StateFolder(paths).prepare()
      let other = try Claims(paths: paths, bootID: bootID).take(claim)
      return other.map { .claimed($0) } ?? .ok
    case .unclaim(let app, let rollout):
      try Claims(paths: AgentPaths(app: app), bootID: bootID).release(rollout: rollout)
      return .ok
    case .delta(let order):
      return try DeltaAnswer(order: order).reply()
    case .stage(let order):
      return try Orders(AgentPaths(app: order.profile.app), bootID).stage(.upgrade(order))
    case .rollback(let order):
      return try Orders(AgentPaths(app: order.profile.app), bootID).stage(.rollback(order))
    case .cutover(let order): return try Orders(AgentPaths(app: order.app), bootID).cutover(order)
    case .cancel(let app, let job): return try Orders(AgentPaths(app: app), bootID).cancel(job)
    case .confirm(let app, let job):
      return try Orders(AgentPaths(app: app), bootID).confirm(job, opened: opened)
    case .status(let app):
      return .status(try HostProbe(bootID: bootID).status(AgentPaths(app: app), install: nil))
    case .health(let profile): return .health(problem: try HealthAnswer(profile: profile).problem())
    case .obstacles(let profile):
      return .obstacles(try ObstaclesAnswer(profile: profile, bootID: bootID).all())
    case .forewarn(let profile): return .forewarned(try ForewarnAnswer(profile: profile).lines())
    case .account(let order): return .account(try AccountAnswer(order: order).groups())
    case .logs(let app, let job, let lines): return try Logs(AgentPaths(app: app)).tail(job, lines)
    case .clear(let app):
      _ = try Marks(AgentPaths(app: app)).clear()
      return .ok
    case .backups(let profile):
      return .backups(try Backups(AgentPaths(app: profile.app), profile: profile).list())
    case .replaceAgent(let app, let artifact):
      try AgentReplacement(paths: AgentPaths(app: app), artifact: artifact).run()
      return .ok
    case .upload, .follow: return .unsupported("handled before")
    }
  }
}

extension Request {
  /// What of it becomes part of a path.
  var names: [String] {
    switch self {
    case .hello: []
    case .probe(let profiles): profiles.map(\.app)
    case .claim(let app, let claim): [app, claim.rollout]
    case .unclaim(let app, let rollout): [app, rollout]
    case .upload(let app, let sha256, _): [app, sha256]
    case .replaceAgent(let app, let artifact): [app, artifact.sha256]
    case .delta(let order):
      [order.profile.app, order.release.sha256, order.delta.sha256, order.content.sha256]
        + (order.installedListing.map { [$0.sha256] } ?? [])
    case .stage(let order): [order.profile.app, order.job, order.release.sha256]
    case .cutover(let order): [order.app, order.job]
    case .cancel(let app, let job), .confirm(let app, let job), .follow(let app, let job, _): [app, job]
    case .status(let app), .clear(let app): [app]
    case .logs(let app, let job, _): [app] + (job.map { [$0] } ?? [])
    case .backups(let profile), .health(let profile), .obstacles(let profile), .forewarn(let profile):
      [profile.app]
    case .account(let order): [order.profile.app] + (order.installedListing.map { [$0.sha256] } ?? [])
    case .rollback(let order): [order.profile.app, order.job] + (order.backup.map { [$0] } ?? [])
    }
  }
}
