import Files
import Synchronization

/// Set once, from anywhere.
package final class CancelFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  package var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}

/// Runs work that blocks (HTTP, locks, digests of large files) on a thread of its own, so that the cooperative
/// pool, which has one thread for each core, goes on. Cancelling the task sets the flag; the work then ends
/// early, and this returns when it has ended.
package func onOwnThread<Value: Sendable, Failure: Error>(
  _ work: @escaping @Sendable (CancelFlag) throws(Failure) -> Value
) async throws(Failure) -> Value {
  let flag = CancelFlag()
  // A thread of its own would not have it.
  let gate = FileEffects.gate
  let result: Result<Value, Failure> = await withTaskCancellationHandler {
    await withCheckedContinuation { continuation in
      SystemThread.startOrWait {
        let result: Result<Value, Failure> = FileEffects.$gate.withValue(gate) {
          do throws(Failure) { return .success(try work(flag)) } catch { return .failure(error) }
        }
        continuation.resume(returning: result)
      }
    }
  } onCancel: {
    flag.set()
  }
  return try result.get()
}
