import Foundation
import Testing

@testable import Threads

/// Threads of their own.
@Suite struct SystemThreadTests {
  private func onThread(_ name: String?, _ work: @escaping @Sendable () -> String) async -> String {
    await withCheckedContinuation { done in
      SystemThread.startOrWait(name: name) { done.resume(returning: work()) }
    }
  }

  private static func name() -> String {
    let text = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
    return text?.trimmingCharacters(in: .newlines) ?? ""
  }

  @Test func `a thread is called as its owner says, as far as the kernel keeps it`() async {
    #expect(await onThread("host veg") { Self.name() } == "host veg")
    #expect(await onThread("host a-very-long-one") { Self.name() } == "host a-very-lon")
    #expect(await onThread(nil) { Self.name() } == Self.name())
  }

  @Test func `each is another one, with room for what is deep`() async {
    @Sendable func deep(_ left: Int) -> Int {
      // A page each time, which has to be there.
      withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { room in
        room[0] = 1
        return left == 0 ? Int(room[0]) : deep(left - 1) + Int(room[0])
      }
    }
    // 4 MiB, half of what a thread has.
    #expect(await onThread(nil) { "\(deep(1_000))" } == "1001")
  }
}
