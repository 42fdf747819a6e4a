/// Where a run shows how it goes. Called from one place at a time.
public protocol Display: Sendable {
  /// The rollout as it stands before the first line of this run.
  func begin(_ record: RolloutRecord)
  /// Something on single hosts that is no rollout.
  func begin(title: String, hosts: [String])
  /// A line of the rollout's story, in its order. Uploads and steps come many times a second.
  func show(_ line: EventLine)
  /// A sentence beside the story.
  func note(_ text: String)
  /// Somebody is asked on the same terminal: nothing is drawn until it goes on.
  func pause()
  func goOn()
  /// The run is over, or something else is to be printed: leaves the terminal as it was.
  func end()
}

extension Display {
  public func begin(_ record: RolloutRecord) { show(record.firstLine) }
  public func begin(title: String, hosts: [String]) {}
  public func pause() {}
  public func goOn() {}
}

/// Shows nothing: `--quiet`.
public struct SilentDisplay: Display {
  public init() {}
  public func show(_ line: EventLine) {}
  public func note(_ text: String) {}
  public func end() {}
}
