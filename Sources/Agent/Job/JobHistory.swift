import Files
import SystemPackage
import Wire

/// How the jobs of a host ended, the newest first.
struct JobHistory {
  let paths: AgentPaths

  /// Results of jobs that fit, as many as are asked for.
  ///
  /// - Parameter besides: a job that is left out.
  func results(
    besides job: String?, atMost count: Int, where fits: (JobResult) -> Bool
  ) -> [JobResult] {
    guard let jobs = try? Directory.open(paths.jobs), let names = try? jobs.entries() else { return [] }
    // By its story: an order that is taken back late changes the folder of a job that has long ended.
    let dated = names.filter { $0.string != job }.compactMap { name in
      (try? FileStatus.ifPresent(JobFolder(paths, name.string).events)).map { (name, $0.modified) }
    }
    var results: [JobResult] = []
    for (name, _) in dated.sorted(by: { $0.1 > $1.1 }) where results.count < count {
      if let result = Self.last(of: JobFolder(paths, name.string))?.result, fits(result) {
        results.append(result)
      }
    }
    return results
  }

  /// The event with which a job rested last.
  static func last(of folder: JobFolder) -> JobEvent? {
    JobEventLog.readAll(folder.events).0.last { $0.event == .rested }
  }
}

extension JobResult {
  /// It came to its end: neither staged, nor put off, nor taken back before its cutover.
  var hasEnded: Bool { outcome != nil && outcome != .deferred }
}
