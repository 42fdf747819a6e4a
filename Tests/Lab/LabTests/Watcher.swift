import Foundation
import Glibc
import Testing

/// A client of the app on each host, asking it for its status every 50 ms from the lab's network, an emulated Pi more
/// seldom: it would do little else.
final class Watcher: Sendable {
  struct Look: Decodable, Sendable {
    var host: String
    /// Milliseconds since 1970; hosts have this machine's clock.
    var began: Int64
    var ended: Int64
    /// 0 when nobody answered.
    var code: Int
    var version: String?
    var lastAcked: Int?

    var isUp: Bool { code == 200 }
  }
  private let child: Program
  private let hosts: [String]

  init(_ lab: Lab, _ hosts: [String] = Lab.hosts) async throws {
    self.hosts = hosts
    let program = "\(lab.folder)/watcher.py"
    try Self.program.write(toFile: program, atomically: true, encoding: .utf8)
    child = try lab.startHere(
      ["/usr/bin/python3", program] + hosts.map { "\($0)=\(Lab.address($0))=\($0 == Lab.pi ? 1 : 0.05)" })
    try await eventually("each host is seen") { [child] in
      let looks = Self.read(child.output)
      return hosts.allSatisfy { host in looks.contains { $0.host == host && $0.isUp } } ? () : nil
    }
  }

  /// All looks until now, and no more of them.
  func stop() async -> [String: [Look]] {
    child.signal(SIGTERM)
    let looks = Self.read(await child.ended().output)
    return Dictionary(grouping: looks, by: \.host)
  }

  private static func read(_ output: String) -> [Look] {
    output.split(separator: "\n").compactMap { try? Lines.decoder.decode(Look.self, from: Data($0.utf8)) }
  }

  private static let program = #"""
    import http.client, json, sys, threading, time

    lock = threading.Lock()

    def watch(host, address, every):
        while True:
            began = time.time()
            look = {"host": host, "code": 0}
            try:
                connection = http.client.HTTPConnection(address, 8780, timeout=10)
                connection.request("GET", "/status")
                answer = connection.getresponse()
                status = json.loads(answer.read())
                look.update(code=answer.status, version=status["version"], last_acked=status["last_acked"])
                connection.close()
            except (OSError, http.client.HTTPException, ValueError):
                pass
            look.update(began=int(began * 1000), ended=int(time.time() * 1000))
            with lock:
                print(json.dumps(look), flush=True)
            time.sleep(max(0, began + float(every) - time.time()))

    threads = [threading.Thread(target=watch, args=word.split("=")) for word in sys.argv[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    """#
}

/// When a host's own agent says that the app was down.
struct Downtime: Sendable {
  var down: Int64
  var up: Int64

  /// From the story that the job left on the host.
  static func read(_ host: String, job: String, _ lab: Lab) async throws -> [Downtime] {
    try await HostStory.read(host, lab)[job]?.downtimes ?? []
  }

  func covers(_ look: Watcher.Look) -> Bool { look.ended >= down && look.began <= up }
}
