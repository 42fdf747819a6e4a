import Foundation
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// Commands of Mycodo's profile, run: each in a folder with as much of Mycodo as it asks for.
@Suite struct ShippedStepsTests {
  private let profiles: [Profile]

  init() throws {
    profiles = try Fleet.load(
      from: InventoryLocation(
        file: checkout.pushing("inventory").appending("fleet.yaml"), currentFolder: checkout)
    ).profiles
  }

  /// What the profile's commands do in a folder that the shell text has filled. Its `env` is this machine's Python, and
  /// what stands in its `bin` is found first.
  private func shell(_ text: String, _ folder: InventoryFolder) throws -> Int32 {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", text]
    shell.currentDirectoryURL = URL(filePath: folder.path.string)
    shell.environment = [
      "FLEET_OLD": folder.path.appending("old").string, "FLEET_CACHE": folder.path.appending("keeps").string,
      "PATH": "\(folder.path.string)/bin:/usr/bin:/bin",
      "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": folder.path.string,
    ]
    try shell.run()
    shell.waitUntilExit()
    return shell.terminationStatus
  }

  private static let environment = "mkdir -p env/bin; ln -s /usr/bin/python3 env/bin/python; "

  @Test func `a migration that deletes the environment it runs in does not get at it`() throws {
    let folder = try InventoryFolder()
    let steps = profiles[1].agent.steps.migrate
    let post = try #require(steps.compactMap(\.command.words.last).first { $0.contains("alembic_post.py") })
    #expect(
      try shell(
        Self.environment + """
          mkdir -p alembic_db other
          cat >alembic_db/alembic_post.py <<'END'
          import shutil
          shutil.rmtree("other")
          shutil.rmtree("alembic_db/../env")
          if __name__ == "__main__":
              open("ran", "w")
          END
          """, folder) == 0)
    #expect(try shell(post, folder) == 0)
    #expect(try shell("[ -e ran ] && [ -x env/bin/python ] && [ ! -e other ]", folder) == 0)
  }

  @Test(arguments: [("", 0), ("435f35958689\n", 1), (nil, 0)] as [(String?, Int32)])
  func `a conversion that failed is not taken for one that went well`(_ left: String?, _ status: Int32) throws
  {
    for (profile, place) in zip(profiles, ["alembic_db", "alembic_db", "databases"]) {
      let folder = try InventoryFolder()
      let post = try #require(
        profile.agent.steps.migrate.compactMap(\.command.words.last).first { $0.contains("alembic_post.py") })
      #expect(try shell("mkdir \(place)", folder) == 0)
      // As the real one does, it says so, leaves the revisions that it had to convert, and ends with 0.
      if let left { try folder.write(left, "\(place)/alembic_post_upgrade_versions") }
      try folder.write("print('Completed with errors.')", "\(place)/alembic_post.py")
      #expect(try shell(Self.environment + post, folder) == status)
    }
  }

  /// Python of an environment: it notes what pip is asked, and knows what is installed in the old one.
  private static let pip = """
    mkdir -p env/bin old/env/bin install
    cat >env/bin/python <<'END'
    #!/bin/sh
    [ "$1" = -m ] || exec /usr/bin/python3 "$@"
    echo "$*" >>asked
    case "$*" in *" -c "*) [ ! -e together ] || exit 1 ;; esac
    case "$*" in *" wheel "*) : >brought ;; *--no-index*) [ -e brought ] || exit 1 ;; esac
    END
    printf '#!/bin/sh\ncat installed\n' >old/env/bin/python
    chmod 755 env/bin/python old/env/bin/python

    """

  @Test(arguments: [
    ("marshmallow_sqlalchemy==0.30.0", " marshmallow<4"), ("marshmallow_sqlalchemy==1.4.2", ""),
  ])
  func `what the requirements leave open is kept, or else the newest is taken`(asked: String, besides: String)
    throws
  {
    let folder = try InventoryFolder()
    let step = try #require(
      profiles[0].agent.steps.prepare.compactMap(\.command.words.last).first { $0.contains("pip freeze") })
    #expect(try shell(Self.pip, folder) == 0)
    try folder.write(
      "# base\nFlask_Login==0.6.3\ninfluxdb==5.3.2  # stats\n\(asked)\n", "install/requirements.txt")
    try folder.write(
      "flask-login==0.6.0\ninfluxdb==5.3.1\nmarshmallow==3.26.2\n-e /src\nown @ file:///own\npsutil==5.9.4\n",
      "installed")
    #expect(try shell(step, folder) == 0)
    #expect(try shell("printf 'marshmallow==3.26.2\npsutil==5.9.4\n' | cmp - kept", folder) == 0)
    let here = folder.path.string
    let wanted = "-r install/requirements.txt\(besides)"
    let known = "-m pip install --no-index --find-links \(here)/keeps/wheels \(wanted)"
    let (kept, last) = (" -c \(here)/kept", " --disable-pip-version-check")
    let brings =
      "-m pip wheel --find-links \(here)/keeps/wheels -w \(here)/keeps/wheels \(wanted)\(kept)\(last)"
    func didAsk(_ lines: String...) -> String {
      "printf '%s\\n' '\(lines.joined(separator: "' '"))' | cmp - asked"
    }
    #expect(try shell(didAsk(known + kept + last, brings, known + kept + last), folder) == 0)
    #expect(try shell("rm asked", folder) == 0)
    #expect(try shell(step, folder) == 0)
    #expect(try shell(didAsk(known + kept + last), folder) == 0, "what was brought is asked for again")
    #expect(try shell(": >together; rm asked", folder) == 0)
    #expect(try shell(step, folder) == 0)
    #expect(try shell("[ \"$(tail -n 1 asked)\" = '\(known)\(last)' ]", folder) == 0)
    // Without an old environment there is nothing to keep.
    #expect(try shell("rm -r together old asked", folder) == 0)
    #expect(try shell(step, folder) == 0)
    #expect(try shell("[ ! -s kept ]", folder) == 0)
  }

  @Test(arguments: [
    ("active", "0", true), ("inactive", "0", false), ("active", "1", true), ("failed", "0", true),
  ])
  func `nginx reads its site anew where it runs, also on the way back`(
    state: String, fails: String, isDone: Bool
  ) throws {
    let done = isDone ? "reload-or-restart nginx.service" : ""
    let folder = try InventoryFolder()
    let step = try #require(profiles[0].agent.steps.finish.last)
    #expect(
      try shell(
        """
        mkdir bin; : >done
        cat >bin/systemctl <<'END'
        #!/bin/sh
        case "$*" in *is-active*) echo \(state) ;; *) echo "$*" >>done; exit \(fails) ;; esac
        END
        chmod 755 bin/systemctl
        """, folder) == 0)
    for command in [step.command, try #require(step.undo)] {
      #expect(try shell(": >done; \(try #require(command.words.last))", folder) == 0)
      #expect(try shell("[ \"$(cat done)\" = '\(done)' ]", folder) == 0)
    }
  }

  @Test func `whoever is in the app's group may put own files there`() throws {
    let folder = try InventoryFolder()
    let me = NSUserName()
    let step = try #require(
      profiles[0].agent.steps.prepare.compactMap(\.command.words.last).first {
        $0.contains("note_attachments")
      }
    )
    let here = step.replacing("-user mycodo", with: "-user \(me)")
    #expect(
      try shell(
        "mkdir -p mycodo; touch mycodo/a; chmod 644 mycodo/a; chmod 755 mycodo; ln -sf /nowhere l", folder)
        == 0)
    #expect(try shell(here, folder) == 0)
    #expect(
      try shell(
        "[ -z \"$(find . ! -type l ! -perm -g=w)\" ] && [ -d mycodo/mycodo_flask/static/js/user_js ]",
        folder) == 0)
  }

  /// As much of Mycodo as says what devices need: a graph needs `a.js`, which the command fetches, and a package.
  private func devices(fetching command: String) -> String {
    """
    mkdir -p env/bin old/mycodo/widgets mycodo/databases mycodo/mycodo_flask/utils mycodo/utils
    mkdir -p mycodo/mycodo_flask/static/js/user_js
    ln -s /usr/bin/python3 env/bin/python
    cat >mycodo/databases/models.py <<'END'
    class Row:
        graph_type = "graph"
    names = "Actions Camera Conditional CustomController EnergyUsage Function Input Method Output Trigger Widget"
    for name in names.split():
        globals()[name] = type(name, (), {})
    END
    cat >mycodo/utils/database.py <<'END'
    from mycodo.databases.models import Row, Widget
    def db_retrieve_table_daemon(table):
        return [Row()] if table is Widget else []
    END
    cat >mycodo/mycodo_flask/utils/utils_general.py <<'END'
    import os
    def return_dependencies(kind):
        # As it is before dpkg is asked; whoever may not become another user must not be stopped by it.
        os.setgroups([1]), os.setgid(1), os.setuid(1)
        assert os.getuid() == \(getuid())
        # The file is looked for where the install need not be yet.
        return [("d", "apt d", "apt", "d"), ("a.js", ["\(command)"], "bash-commands", "a.js")], None, ""
    END

    """
  }

  @Test(arguments: [
    ("echo 1 >/opt/Mycodo/mycodo/mycodo_flask/static/js/user_js/a.js", "", true), ("false", "", false),
    ("false", "a.js", true),
  ])
  func `what graphs need is fetched, and missed only where it was there before`(
    command: String, neededBefore: String, isWell: Bool
  ) throws {
    let folder = try InventoryFolder()
    let step = try #require(profiles[0].agent.steps.complete.first?.command.words.last)
    #expect(
      try shell(devices(fetching: command) + "echo \(neededBefore) >old/mycodo/widgets/graph.py", folder) == 0
    )
    #expect(try (shell(step, folder) == 0) == isWell)
    let made = command == "false" ? "!" : ""
    #expect(try shell("[ \(made) -e mycodo/mycodo_flask/static/js/user_js/a.js ]", folder) == 0)
    // What the old version has is carried.
    let there =
      "rm -f mycodo/mycodo_flask/static/js/user_js/a.js; mkdir -p old/mycodo/mycodo_flask/static/js/user_js"
    #expect(try shell(there + "; touch old/mycodo/mycodo_flask/static/js/user_js/a.js", folder) == 0)
    #expect(try shell(step, folder) == 0)
    #expect(try shell("[ ! -e mycodo/mycodo_flask/static/js/user_js/a.js ]", folder) == 0)
  }

  /// What the daemon says of itself, of which it says nothing while all is well, and what is made of that.
  @Test(arguments: [("None", true), ("'Error: Output controller'", false), ("1 / 0", false)])
  func `the daemon is well where it has nothing to say`(_ says: String, _ isWell: Bool) throws {
    let folder = try InventoryFolder()
    guard case .run(let run, let expect) = profiles[0].agent.health.checks[0] else {
      Issue.record("the daemon is not asked by a command")
      return
    }
    #expect(try shell("mkdir mycodo Pyro5", folder) == 0)
    try folder.write("PYRO = 'PYRO:mycodo.pyro_server@127.0.0.1:9080'", "mycodo/config.py")
    try folder.write("", "mycodo/mycodo_client.py")
    try folder.write(
      """
      class Proxy:
          def __init__(self, uri):
              assert uri == "PYRO:mycodo.pyro_server@127.0.0.1:9080"
          def check_daemon(self):
              return \(says)
      """, "Pyro5/api.py")
    try folder.write(try #require(run.command.words.last), "ask.py")
    let found = try #require(expect)
    #expect(try (shell("python3 ask.py >said && grep -q '\(found)' said", folder) == 0) == isWell)
  }

  @Test func `relays of Mycodo 4 go off, and on again those that are to be on at the start`() throws {
    let folder = try InventoryFolder()
    let words = try #require(profiles[3].agent.forewarn?.first?.command.words)
    try folder.write(try #require(words.last), "tell.py")
    #expect(
      try shell(
        """
        mkdir databases
        python3 - <<'END'
        import sqlite3
        database = sqlite3.connect("databases/mycodo.db")
        database.execute("CREATE TABLE relays (id TEXT PRIMARY KEY, name TEXT, pin INT, start_state INT)")
        relays = [("1", "heater\\n1", 17, 1), ("2", "lamp", 18, 0), ("3", "of no pin", 0, 1), ("4", None, 4, None)]
        database.executemany("INSERT INTO relays VALUES (?, ?, ?, ?)", relays)
        database.commit()
        END
        python3 tell.py >told
        cmp told - <<'END'
        when the daemon stops: heater 1 off, lamp off, None off
        when it starts again: heater 1 on, lamp off, None off
        END
        """, folder) == 0)
  }

  @Test func `what were controllers of the user's own become functions`() throws {
    let folder = try InventoryFolder()
    let steps = profiles[1].agent.steps.prepare
    let step = try #require(
      steps.compactMap(\.command.words.last).first { $0.contains("custom_controllers") })
    let made = "mkdir -p mycodo/functions/custom_functions old/mycodo/controllers/custom_controllers/examples"
    #expect(try shell(made, folder) == 0)
    #expect(try shell(step, folder) == 0)
    #expect(
      try shell(
        "cd old/mycodo/controllers/custom_controllers && touch __init__.py fan.py examples/no.py", folder)
        == 0)
    #expect(try shell(step, folder) == 0)
    #expect(try shell("[ \"$(ls mycodo/functions/custom_functions)\" = fan.py ]", folder) == 0)
  }

  @Test(arguments: [(200, true), (302, true), (429, true), (500, false), (nil, false)] as [(Int?, Bool)])
  func `the page is asked where its unit has it listen`(_ status: Int?, _ isWell: Bool) throws {
    let folder = try InventoryFolder()
    #expect(profiles[..<3].allSatisfy { $0.agent.health == profiles[0].agent.health })
    guard case .run(let run, _) = profiles[0].agent.health.checks[1] else {
      Issue.record("the page is not asked by a command")
      return
    }
    let socket = folder.path.appending("page").string
    let server = status.map {
      """
      python3 - <<'END' &
      import socket
      server = socket.socket(socket.AF_UNIX)
      server.bind("page")
      server.listen()
      open("listens", "w")
      asked, _ = server.accept()
      asked.recv(4096)
      asked.sendall(b"HTTP/1.1 \($0) X\\r\\nContent-Length: 0\\r\\n\\r\\n")
      END
      while [ ! -e listens ]; do sleep 0.05; done

      """
    }
    #expect(
      try shell(
        Self.environment + """
          mkdir install
          printf '%s\\n' 'ExecStart=gunicorn \\' '--pid /run/p \\' '--bind unix:\(socket) start_flask_ui:app' \
            >install/mycodoflask.service
          """, folder) == 0)
    let status = try shell((server ?? "") + (try #require(run.command.words.last)), folder)
    #expect((status == 0) == isWell)
  }

  /// Each line of the log: how many seconds ago, and what. A start's own complaints do not count, nor what is old, no
  /// error, or a line of another's making.
  @Test(arguments: [
    ("", 0), ("200 ERROR - old;20 ERROR - new;10 CRITICAL - worse;5 INFO - fine", 2),
    ("20 ERROR - before;10 INFO - Mycodo daemon started in 5.1 seconds;5 ERROR - after", 1),
    ("20 INFO - Mycodo daemon started in 5.1 seconds;10 ERROR - a;5 ERROR - b", 2),
    ("20 INFO - it said - ERRORS - often;10 ERROR: of another form", 0),
    ("- Traceback - ERROR - of no time", 0),
  ])
  func `errors a minute are those since the last start`(lines: String, count: Int) throws {
    let folder = try InventoryFolder()
    let log = "\(folder.path.string)/mycodo.log"
    let check = try #require(profiles[0].agent.parity?.first { $0.name == "errors a minute" })
    let command = try #require(check.run.command.words.last).replacing(
      "/var/log/mycodo/mycodo.log", with: log)
    #expect(try shell(command, folder) == 1, "a log that cannot be read")
    let writes = lines.split(separator: ";").map { line in
      let (ago, text) = (line.prefix { $0 != " " }, line.drop { $0 != " " }.dropFirst())
      let time = ago == "-" ? "" : "$(date -d '\(ago) seconds ago' '+%F %T'),123 - "
      return "echo \"\(time)\(text)\" >>\(log); "
    }
    #expect(try shell(": >\(log); " + writes.joined(), folder) == 0)
    #expect(try shell("[ \"$( (\(command)) )\" = \(count) ]", folder) == 0)
  }
}
