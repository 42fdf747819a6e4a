import Driver
import Rollout
import Store

extension Session {
  /// Tells the fleet on this machine that drives a rollout to stop, and waits until nobody drives it any more. A
  /// cutover has its limits, so this ends.
  func stopDriver(of rollout: String, _ kind: StopRequest.Kind) async throws {
    var isTold = false
    while true {
      do throws(StoreError) {
        _ = try store.open(rollout)
        return
      } catch {
        guard error.isLocked else { throw error }
        if !isTold {
          try StopRequest(kind, in: store.path(of: rollout)).make()
          aside("Another fleet drives it: told to finish what is in its cutover, and to end. Waiting.")
          isTold = true
        }
      }
      try await context.time.sleep(RolloutLimits.stopPollMilliseconds)
    }
  }
}
