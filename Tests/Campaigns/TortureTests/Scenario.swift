import Foundation
import TestSupport
import Wire

/// What the agent is ordered to do in one run. Each begins from a prepared folder.
enum Scenario: String, CaseIterable {
  /// The good path: 4.1.0 → 4.2.0, a real migration, an old backup pruned.
  case stage, cutover
  /// Refused: 4.1.3 cannot build its environment, 4.1.2 cannot migrate this database.
  case stagePrepareFails, stageRehearsalFails
  /// 4.1.1 starts and is unwell: rolled back.
  case cutoverUnwell
  /// 4.2.0 is well, and the coordinator does not come back in: rolled back.
  case cutoverUnconfirmed
  /// Back from 4.1.0 to the backup of 4.0.27.
  case stageRollback, cutoverRollback

  static let installed = "4.1.0"

  /// The version that the job wants to install.
  var target: String {
    switch self {
    case .stage, .cutover, .cutoverUnconfirmed: "4.2.0"
    case .stagePrepareFails: "4.1.3"
    case .stageRehearsalFails: "4.1.2"
    case .cutoverUnwell: "4.1.1"
    case .stageRollback, .cutoverRollback: "4.0.27"
    }
  }

  var isCutover: Bool {
    switch self {
    case .cutover, .cutoverUnwell, .cutoverUnconfirmed, .cutoverRollback: true
    case .stage, .stagePrepareFails, .stageRehearsalFails, .stageRollback: false
    }
  }

  /// How long the new version waits to be confirmed, in seconds.
  var confirmWithinSeconds: Int? { self == .cutoverUnconfirmed ? 1 : nil }

  var isRollback: Bool { self == .stageRollback || self == .cutoverRollback }

  /// How it ends when nothing is done to it. nil: staged.
  var outcome: Outcome? {
    switch self {
    case .stage, .stageRollback: nil
    case .cutover: .upgraded
    case .cutoverRollback: .restored
    case .stagePrepareFails, .stageRehearsalFails: .refused
    case .cutoverUnwell, .cutoverUnconfirmed: .rolledBack
    }
  }

  var job: String { "job-\(target)" }
}

/// How growroom is upgraded here: as in its own profile, but quickly.
enum Growroom {
  static let app = "growroom"
  static let root = TortureMachine.root
  static let install = "\(root)/growroom"

  /// A release with a second heater shows what it is like only after a second; the others need no waiting. Asked
  /// before the daemon is, which is the judge.
  static let check = """
    ! grep -q heater-2 growroom/outputs.py || sleep 1.6
    echo GOOD
    """

  /// What growroomctl does, without a Python for each time: `app-control start|stop|status PORT`.
  static let control = """
    #!/bin/sh
    file=\(root)/run/daemon.pid
    # With the time of its start, as growroomctl has it: pids come again after a boot.
    birth() {
      read -r text <"/proc/$1/stat" || return 1
      set -- ${text##*) }
      [ "$1" != Z ] && echo "${20}"
    } 2>/dev/null
    runs() { read -r pid born 2>/dev/null <$file && [ "$(birth "$pid")" = "$born" ]; }
    answers() { grep -q ":$1 00000000:0000 0A" /proc/net/tcp; }
    case $1 in
    start)
      runs && exit 0
      cd \(install) || exit 3
      setsid env/bin/python -m growroom daemon </dev/null >>\(root)/log/daemon.out 2>&1 &
      pid=$!
      # One that could not be stopped again is none.
      echo "$pid $(birth "$pid")" >$file || { kill "$pid"; exit 3; }
      until answers "$(printf %04X "$2")"; do
        runs || exit 3
        sleep 0.1
      done ;;
    stop)
      runs || exit 0
      kill "$pid"
      while runs; do sleep 0.02; done
      rm $file ;;
    status)
      runs || exit 3 ;;
    esac
    """

  /// - Parameter deadlineSeconds: how long a version may take to be well; an unwell one always takes that long.
  static func profile(port: Int, deadlineSeconds: Int = 30) -> AppProfile {
    func control(_ verb: String) -> Run {
      Run(command: .arguments(["\(root)/app-control", verb, "\(port)"]), timeoutSeconds: 30)
    }
    return AppProfile(
      app: app, name: "growroom", install: install, backups: "\(root)/backups", keepBackups: 1,
      version: Reading(file: "growroom/config.py", match: "^GROWROOM_VERSION = '([^']+)'"),
      services: .commands(start: control("start"), stop: control("stop"), status: control("status")),
      outside: ["\(root)/outside/crontab"], owner: .ofThisUser,
      carry: Room.carry,
      ignore: ["env", "**/__pycache__"],
      steps: Steps(
        prepare: [Run(command: .shell(Room.quickEnvironment), timeoutSeconds: 60)],
        migrate: [
          Run(
            command: .shell("../env/bin/python -m alembic upgrade head"), directory: "alembic_db",
            timeoutSeconds: 60)
        ],
        finish: [
          Run(
            command: .shell("echo \"$FLEET_TO\" >\(root)/outside/crontab"), timeoutSeconds: 10,
            undo: .shell("echo undone >>\(root)/outside/finish-undone"))
        ]),
      health: Health(
        healthyForSeconds: 0, deadlineSeconds: deadlineSeconds,
        checks: [
          .run(Run(command: .shell(check), timeoutSeconds: 20), expect: "GOOD"),
          .http(HTTPCheck(url: "http://127.0.0.1:\(port)/status")),
        ]),
      stopTimeoutSeconds: 20)
  }
}
