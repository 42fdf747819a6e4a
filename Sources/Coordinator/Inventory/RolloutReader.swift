import Text
import ByteText
import Wire

/// Reads `rollout:` and `notify:`.
struct RolloutReader {
  /// To check the names in.
  let hosts: [String]

  func read(_ section: Section) -> RolloutPolicy {
    var policy = RolloutPolicy()
    let counts = Values.integer(in: 1...InventoryLimits.hosts)
    if let canary = canary(section) { policy.canary = canary }
    if let batches = section.list("batches", orOne: true, Self.batch) {
      if batches.isEmpty, section.node("batches")?.items?.isEmpty == true {
        section.wrong("batches: the list is empty", hint: "[1] is one host after the other", at: "batches")
      } else if !batches.isEmpty {
        policy.batches = batches
      }
    }
    if let count = section.value("max_parallel", counts) { policy.maxParallel = count }
    if let count = section.value("stage_parallel", counts) { policy.stageParallel = count }
    if let count = section.value("max_failures", Values.integer(in: 0...InventoryLimits.hosts)) {
      policy.maxFailures = count
    }
    if let choice = section.value(
      "unreachable", Values.choice(of: RolloutPolicy.OnUnreachable.self))
    {
      policy.unreachable = choice
    }
    if let choice = section.value("on_failure", Values.choice(of: RolloutPolicy.OnFailure.self)) {
      policy.onFailure = choice
    }
    if let seconds = section.value("soak", Values.seconds()) { policy.soakSeconds = seconds }
    if let seconds = section.value("canary_for", Values.seconds()) {
      policy.canaryForSeconds = seconds
    }
    if let sets = section.list("never_together", together) { policy.neverTogether = sets }
    if let choice = section.value("one_machine", Values.choice(of: RolloutPolicy.OneMachine.self)) {
      policy.oneMachine = choice
    }
    if let isOn = section.value("through_stones", Values.flag) { policy.throughStones = isOn }
    let confirm = section.value(
      "undo_unless_reachable", Values.secondsOrOff(within: WireLimits.confirmSeconds))
    policy.undoUnlessReachableSeconds = confirm ?? nil
    return policy
  }

  private func canary(_ section: Section) -> RolloutPolicy.Canary? {
    guard let node = section.node("canary") else { return nil }
    guard node.items != nil else {
      return section.attempt("canary", node) { (node) throws(Wrong) in
        guard case .text(let text) = node.value, let count = Values.number(text),
          count <= InventoryLimits.hosts
        else { throw Wrong("must be a number or a list of hosts, not \(node.summary)") }
        return .count(count)
      }
    }
    let names = section.list("canary", known) ?? []
    return .hosts(names)
  }

  private func known(_ node: YAMLNode) throws(Wrong) -> String {
    let name = try Values.line(node)
    guard hosts.contains(name) else {
      throw Wrong("there is no host \"\(name)\"", hint: didYouMean(name, among: hosts))
    }
    return name
  }

  private func together(_ node: YAMLNode) throws(Wrong) -> [String] {
    guard let items = node.items, items.count > 1 else {
      throw Wrong(
        "each entry must be a list of two or more hosts, not \(node.summary)",
        hint: "never_together: [[flower-1, flower-2]]")
    }
    var names: [String] = []
    for item in items { names.append(try known(item)) }
    return names
  }

  private static func batch(_ node: YAMLNode) throws(Wrong) -> RolloutPolicy.BatchSize {
    let wrong = Wrong("a batch must be a number of hosts or a share such as \"50%\", not \(node.summary)")
    guard case .text(let text) = node.value else { throw wrong }
    let share = text.without(suffix: "%")
    guard let number = Values.number(share ?? text[...]), number > 0,
      number <= (share != nil ? 100 : InventoryLimits.hosts)
    else { throw wrong }
    return share != nil ? .percent(number) : .count(number)
  }

  static func notification(_ section: Section) -> Notification? {
    let url = { (node: YAMLNode) throws(Wrong) in try Values.url(node, plainAnywhere: true) }
    let ntfy = section.value("ntfy", url).map(Notification.ntfy)
    let webhook = section.value("webhook", url).map(Notification.webhook)
    let run = section.value("run", RunReader.command).map(Notification.run)
    let given = ["ntfy", "webhook", "run"].filter { section.node($0) != nil }
    if given.count != 1 { section.wrong("an entry of notify needs exactly one of ntfy, webhook and run") }
    return ntfy ?? webhook ?? run
  }
}
