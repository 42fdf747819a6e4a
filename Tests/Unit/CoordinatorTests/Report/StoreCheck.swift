import SystemPackage
import TestSupport

@testable import Store
@testable import Driver
@testable import Coordinator

extension SchemaCheck {
  /// Of everything that rollouts have left in a state folder.
  static func faults(in store: RolloutStore) -> [String] {
    do {
      return try store.ids().flatMap { id in
        let folder = store.path(of: id)
        // What a crash tore is no line.
        let log = try StateFiles.read(folder.appending("events.jsonl"))
        let lines = log[..<(log.lastIndex(of: 0x0A) ?? 0)]
        let report = (try? StateFiles.read(folder.appending("report.json"))) ?? []
        let all = String(decoding: lines + [0x0A] + report, as: UTF8.self)
        return try faults(inOutput: all).map { "\(id): \($0)" }
      }
    } catch let error as StoreError where error.action == "read the folder" {
      return []
    } catch {
      return ["\(error)"]
    }
  }
}
