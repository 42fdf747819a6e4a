import CLinux
import Dispatch
import Glibc
package import SystemPackage

/// A thread that has one thing to do, and ends with it: for what blocks.
package enum SystemThread {
  /// Starts one; where the machine has room for no more, `work` waits for one of Dispatch's.
  ///
  /// - Parameter name: as ps(1) shows it, which knows the first 15 bytes; nil: as the program is called.
  static func startOrWait(name: String? = nil, _ work: @escaping @Sendable () -> Void) {
    do throws(Errno) { try start(name: name, work) } catch { DispatchQueue.global().async(execute: work) }
  }

  /// Starts one. Its stack is as large as `ulimit -s` says, 8 MiB mostly (pthread_create(3)).
  ///
  /// - Throws: EAGAIN where there is room for no more.
  package static func start(name: String? = nil, _ work: @escaping @Sendable () -> Void) throws(Errno) {
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
    guard code == 0 else {
      box.release()
      throw Errno(rawValue: code)
    }
    pthread_detach(thread)
  }

  private final class Job: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }
}
