import Testing
import Wire

@testable import Hosts
@testable import Coordinator

@Suite struct LogsCommandTests {
  private static func look(_ rows: Int, _ uptime: String, _ error: String = "Output controller") -> String {
    "== health: answers 503: \"{\"rows\": \(rows), \"error\": \"\(error)\", \"uptime\": \(uptime)}\\u{a}\"; exit 1"
  }

  @Test func `several hosts are shown each under its name, as the next step of a report types them`()
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    #expect(await ThreeRooms.run(["logs", "veg", "flower"], hosts, bench) == 0)
    #expect(bench.output == "veg:\none\ntwo\\u{1b}\n\nflower:\none\ntwo\\u{1b}\n")
    #expect(bench.errors.contains("/log on veg\n/log on flower\n"))

    bench.forget()
    #expect(await ThreeRooms.run(["logs", "veg"], hosts, bench) == 0)
    #expect(bench.output == "one\ntwo\\u{1b}\n")

    bench.forget()
    #expect(await ThreeRooms.run(["logs", "veg", "flower", "-o", "json"], hosts, bench) == 0)
    #expect(bench.output.split(separator: "\n").count == 2)
    #expect(bench.output.hasPrefix(#"{"host":"veg","lines":["one","two\\u{1b}"],"path":"/log"}"#))
  }

  @Test func `a host that is not reached keeps no other one's log back`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.connectError = .unreachable("it is off") } }
    #expect(await ThreeRooms.run(["logs", "veg", "flower"], hosts, bench) == 4)
    #expect(bench.output.contains("veg:\n  ") && bench.output.contains("flower:\none\n"), "\(bench.output)")

    bench.forget()
    #expect(await ThreeRooms.run(["logs", "veg"], hosts, bench) == 4)
    #expect(bench.output.isEmpty && bench.errors.contains("fleet: "))
    bench.forget()
    #expect(await ThreeRooms.run(["logs"], hosts, bench) == 64)
  }

  @Test func `looks at the health that are alike but for their numbers are one line, and -v shows each`()
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    hosts.agents["veg"]?.change {
      $0.log = ["== it went well, 418 ms", "== it went well, 1013 ms"]
      $0.log += [
        Self.look(7, "1.5"), Self.look(8, "2"), Self.look(11, "13.25"), Self.look(12, "4", "Sensor"),
      ]
    }
    #expect(await ThreeRooms.run(["logs", "veg", "-n", "6"], hosts, bench) == 0)
    let lines = bench.output.split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "== it went well, 418 ms", "== it went well, 1013 ms",
        #"== health: answers 503: "{"rows": 11, "error": "Output controller", "uptime": 13.25}"; exit 1"#,
        "    (so 3 times in a row, but for the numbers in it: -v shows each)",
        #"== health: answers 503: "{"rows": 12, "error": "Sensor", "uptime": 4}"; exit 1"#,
      ])
    for arguments in [["-v"], ["-o", "json"]] {
      bench.forget()
      #expect(await ThreeRooms.run(["logs", "veg"] + arguments, hosts, bench) == 0)
      for rows in [7, 8, 11, 12] {
        #expect(bench.output.contains("rows") && bench.output.contains(" \(rows), "))
      }
    }
  }

  @Test func `as many lines as asked for are shown: folded lines make room for those before them`()
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    hosts.agents["veg"]?.change { $0.log = ["first", "second"] + (1...150).map { Self.look($0, "\($0)") } }
    #expect(await ThreeRooms.run(["logs", "veg", "-n", "2"], hosts, bench) == 0)
    #expect(bench.output.hasPrefix("second\n== health:"), "\(bench.output)")
    #expect(bench.output.contains("(so 150 times"), "\(bench.output)")

    bench.forget()
    #expect(await ThreeRooms.run(["logs", "veg", "-n", "1"], hosts, bench) == 0)
    #expect(bench.output.hasPrefix("== health: answers 503"), "\(bench.output)")
    #expect(bench.output.contains("(so 150 times"), "\(bench.output)")
  }

  @Test func `a line break within what an app answered is one`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    hosts.agents["veg"]?.change {
      $0.log = [#"== health: answers 503: "pump: off\u{a}lamp: on\u{a}"; exit 1"#]
    }
    #expect(await ThreeRooms.run(["logs", "veg"], hosts, bench) == 0)
    #expect(
      bench.output.hasPrefix("== health: answers 503: \"pump: off\n    lamp: on\"; exit 1\n"),
      "\(bench.output)")
  }
}
