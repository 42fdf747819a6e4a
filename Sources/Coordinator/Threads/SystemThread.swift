import CLinux
import Dispatch
import Glibc

/// A thread that has one thing to do, and ends with it: for what blocks.
enum SystemThread {
  /// Starts one. Its stack is as large as `ulimit -s` says, 8 MiB mostly (pthread_create(3)). Where the machine has
  /// room for no more threads, `work` waits for one of Dispatch's.
  ///
  /// - Parameter name: as ps(1) shows it, which knows the first 15 bytes; nil: as the program is called.
  static func start(name: String? = nil, _ work: @escaping @Sendable () -> Void) {
    let job = Job {
      if let name { fleet_name_thread(name) }
      work()
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(job)
    let code = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue().work()
        return nil
      }, box.toOpaque())
    if code == 0 {
      pthread_detach(thread)
    } else {
      box.release()
      DispatchQueue.global().async(execute: work)
    }
  }

  private final class Job: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }
}
