import Dispatch
import Synchronization

/// Runs an actor on a thread of its own: one host, one thread, one owner.
///
/// libssh2 blocks, and so do pipes. On the cooperative pool, which has as many threads as cores, two slow
/// hosts would hold up everything else.
package final class ThreadExecutor: SerialExecutor {
  private let jobs = JobQueue()

  package init(name: String) {
    SystemThread.startOrWait(name: name) { [jobs] in
      while let (job, executor) = jobs.next() {
        job.runSynchronously(on: executor.asUnownedSerialExecutor())
      }
    }
  }

  deinit { jobs.end() }

  package func enqueue(_ job: consuming ExecutorJob) {
    jobs.add(UnownedJob(job), for: self)
  }
}

/// What waits for the thread. Each job holds the executor, which therefore outlives its last job even when
/// that job lets the actor go; the thread itself holds only this queue, and ends with the executor.
private final class JobQueue: Sendable {
  /// How many jobs wait; one more at the end.
  private let signs = DispatchSemaphore(value: 0)
  private let waiting = Mutex<[(UnownedJob, ThreadExecutor)]>([])

  func add(_ job: UnownedJob, for executor: ThreadExecutor) {
    waiting.withLock { $0.append((job, executor)) }
    signs.signal()
  }

  func end() { signs.signal() }

  /// nil: there will be none any more.
  func next() -> (UnownedJob, ThreadExecutor)? {
    signs.wait()
    return waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
