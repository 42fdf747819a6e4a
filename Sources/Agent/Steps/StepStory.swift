import Wire

/// What a job's events say of its steps.
enum StepStory {
  /// One record a step, in order; a step done in several tasks, or twice, is one.
  static func records(of events: [JobEvent]) -> [StepRecord] {
    var records: [StepRecord] = []
    for event in events {
      guard event.event == .stepEnded, let step = event.step else { continue }
      let record = StepRecord(
        step: step, milliseconds: event.milliseconds ?? 0, ok: event.ok ?? false)
      if let last = records.last, last.step == step {
        records[records.count - 1].milliseconds += record.milliseconds
        records[records.count - 1].ok = last.ok && record.ok
      } else {
        records.append(record)
      }
    }
    return records
  }
}
