/// Where a run shows how it goes. Called from one place at a time.
package protocol Display: Sendable {
  /// The rollout as it stands before the first line of this run.
  func begin(_ record: RolloutRecord)
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
  package func begin(_ record: RolloutRecord) { show(record.firstLine) }
  package func pause() {}
  package func goOn() {}
}

/// Shows nothing: `--quiet`.
package struct SilentDisplay: Display {
  package init() {}
  package func show(_ line: EventLine) {}
  package func note(_ text: String) {}
  package func end() {}
}
