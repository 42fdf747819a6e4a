import Foundation

/// Runs an actor on a thread of its own: one host, one thread, one owner.
///
/// libssh2 blocks, and so do pipes. On the cooperative pool, which has as many threads as cores, two slow
/// hosts would hold up everything else.
final class ThreadExecutor: SerialExecutor {
  private let jobs = JobQueue()

  init(name: String) {
    let thread = Thread { [jobs] in
      while let (job, executor) = jobs.next() {
        job.runSynchronously(on: executor.asUnownedSerialExecutor())
      }
    }
    thread.name = name
    thread.start()
  }

  deinit { jobs.end() }

  func enqueue(_ job: consuming ExecutorJob) {
    jobs.add(UnownedJob(job), for: self)
  }
}

/// What waits for the thread. Each job holds the executor, which therefore outlives its last job even when
/// that job lets the actor go; the thread itself holds only this queue, and ends with the executor.
///
/// `@unchecked Sendable`: all state is touched under the condition's lock.
private final class JobQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var waiting: [(UnownedJob, ThreadExecutor)] = []
  private var hasEnded = false

  func add(_ job: UnownedJob, for executor: ThreadExecutor) {
    condition.withLock { waiting.append((job, executor)) }
    condition.signal()
  }

  func end() {
    condition.withLock { hasEnded = true }
    condition.signal()
  }

  /// nil: there will be none any more.
  func next() -> (UnownedJob, ThreadExecutor)? {
    condition.withLock {
      while waiting.isEmpty {
        if hasEnded { return nil }
        condition.wait()
      }
      return waiting.removeFirst()
    }
  }
}
