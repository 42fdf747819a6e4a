import SystemPackage
import TestSupport

@testable import Store
@testable import Driver
@testable import Coordinator

extension SchemaCheck {
  /// Of everything that rollouts have left in a state folder.
  static func faults(in store: RolloutStore) -> [String] {
    do {
      return try ((try? store.ids()) ?? []).flatMap { id -> [String] in
        let folder = store.path(of: id)
        let report = (try? StateFiles.read(folder.appending("report.json"))) ?? []
        // A full disk may have kept the log from being made; then there is nothing else either.
        guard !report.isEmpty || (try? StateFiles.read(folder.appending("events.jsonl"))) != nil else {
          return []
        }
        // What a crash tore is no line.
        let log = try StateFiles.read(folder.appending("events.jsonl"))
        let lines = log[..<(log.lastIndex(of: 0x0A) ?? 0)]
        let all = String(decoding: lines + [0x0A] + report, as: UTF8.self)
        return try faults(inOutput: all).map { "\(id): \($0)" }
      }
    } catch {
      return ["\(error)"]
    }
  }
}
