import Inventory
import SystemPackage
import Wire
import Threads

/// One host: the way to it, and the conversation with its agent. It runs on a thread of its own, since
/// every wait in it blocks. Cancelling the task that waits hangs up.
actor HostSession: HostConnection {
  private nonisolated let executor: ThreadExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  nonisolated let name: String
  /// What a person types to get there; nil: by its name.
  private nonisolated let ssh: String?
  private var transport: (any HostTransport)?
  private var conversation: AgentConversation?
  private var trial: TrialProgram?

  init(name: String, ssh: String? = nil) {
    self.name = name
    self.ssh = ssh
    executor = ThreadExecutor(name: "host \(name)")
  }

  /// Before the conversation there is nothing to say of the host.
  var hello: HostHello {
    conversation?.hello
      ?? HostHello(
        wire: 0, version: "", architecture: "", bootID: "", systemd: false, user: "", system: "")
  }

  /// Runs `open` on this host's thread; what it brings is the way to the host from now on.
  func open<E: Error>(_ open: @Sendable () throws(E) -> any HostTransport) throws(E) {
    close()
    transport = try open()
  }

  /// Runs something that blocks on this host's thread.
  func perform<T: Sendable, E: Error>(_ body: @Sendable () throws(E) -> T) throws(E) -> T { try body() }

  /// What carries the connection, where that is worth a word.
  var carrier: String? { transport?.carrier }

  /// Starts the agent and greets it.
  func converse(become: Host.Become, version: String) async throws(HostError) {
    conversation = nil
    let (name, ssh) = (name, ssh)
    let transport = try way
    conversation = try await interruptible(transport.interrupt) { () throws(HostError) in
      try AgentConversation(
        transport.start(AgentCommand.serve(become: become)), host: name, ssh: ssh, version: version)
    }
  }

  /// Brings an agent there, starts it and greets it, for as long as it is tried.
  ///
  /// - Returns: why it does not run there, in the host's words; nil where it does.
  func converse(trying agent: AgentBinaries.Binary, version: String) async throws(HostError)
    -> TrialProgram.Trouble?
  {
    let (name, ssh) = (name, ssh)
    let transport = try way
    let script = SetupScript(
      text: SetupScripts.trial, arguments: ["\(agent.bytes.count)", agent.sha256], asRoot: false)
    let program = try await interruptible(transport.interrupt) { () throws(HostError) in
      guard case .begun(let stream, let heard) = try script.begin(over: transport, host: name, ssh: ssh)
      else {
        throw .lost("\(name): a script did not start there")
      }
      return TrialProgram(stream, host: name, heard: heard)
    }
    trial = program
    let start = try await interruptible(transport.interrupt) { () throws(HostError) in
      try program.start(agent.bytes, ssh: ssh, version: version)
    }
    switch start {
    case .answers(let talk): conversation = talk
    case .cannot(let trouble): return trouble
    }
    return nil
  }

  /// Ends a try.
  ///
  /// - Returns: the folder there that nobody saw removed; nil where nothing is left.
  func leave() -> String? {
    guard let trial else { return nil }
    (self.trial, conversation) = (nil, nil)
    return trial.leave() ? nil : trial.folder
  }

  func ask(_ request: Request) async throws(HostError) -> Reply {
    let conversation = try talk
    return try await interruptible(conversation.interrupt) { () throws(HostError) in
      try conversation.ask(request)
    }
  }

  func upload(
    app: String, file: FilePath, sha256: String, size: Int64, progress: @Sendable (Int64) -> Void
  ) async throws(HostError) {
    let conversation = try talk
    try await interruptible(conversation.interrupt) { () throws(HostError) in
      try conversation.upload(app: app, file: file, sha256: sha256, size: size, progress: progress)
    }
  }

  func follow(
    app: String, job: String, after: Int, withinSeconds seconds: Double, event: @Sendable (JobEvent) -> Void
  ) async throws(HostError) -> JobResult {
    let conversation = try talk
    return try await interruptible(conversation.interrupt) { () throws(HostError) in
      try conversation.follow(app: app, job: job, after: after, withinSeconds: seconds, event: event)
    }
  }

  func close() {
    conversation = nil
    trial = nil
    transport?.close()
    transport = nil
  }

  /// Runs a script of the set-up there.
  func run(_ script: SetupScript, password: String?) async throws(HostError) -> SetupScript.Outcome {
    let transport = try way
    return try await interruptible(transport.interrupt) { () throws(HostError) in
      try script.run(over: transport, host: name, ssh: ssh, password: password)
    }
  }

  private var way: any HostTransport {
    get throws(HostError) {
      guard let transport else { throw .lost("\(name): the connection was closed") }
      return transport
    }
  }

  private var talk: AgentConversation {
    get throws(HostError) {
      guard let conversation else { throw .lost("\(name): the conversation was closed") }
      return conversation
    }
  }

  /// The body blocks this thread; cancelling the task hangs up, and so ends it.
  private func interruptible<T>(
    _ interrupt: @escaping @Sendable () -> Void, _ body: () throws(HostError) -> T
  ) async throws(HostError) -> T {
    // It stays in this actor, as below; Swift before 6.3 cannot see that.
    nonisolated(unsafe) let body = body
    let result = await withTaskCancellationHandler {
      // By a method of the actor: a closure that does not name the actor runs on the cooperative pool.
      blocking(body)
    } onCancel: {
      interrupt()
    }
    return try result.get()
  }

  private func blocking<T>(_ body: () throws(HostError) -> T) -> Result<T, HostError> {
    Result(catching: body)
  }
}
