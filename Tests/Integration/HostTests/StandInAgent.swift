import Foundation

/// A program that speaks the agent's protocol, in another language, so that both sides do not share a
/// mistake. What it does wrong on purpose stands in the file `mode` beside it, as JSON.
enum StandInAgent {
  static let text = #"""
    #!/usr/bin/python3
    import hashlib, json, os, struct, sys, time

    here = os.path.dirname(os.path.abspath(sys.argv[0]))
    mode = {}
    if os.path.exists(here + "/mode"):
        with open(here + "/mode") as file:
            mode = json.load(file)

    if sys.argv[1:] == ["version"]:
        print("fleet-agent %s (wire 1)" % mode.get("version", "0.1.0"))
        sys.exit(0)
    if sys.argv[1:] in (["setup"], ["teardown"]):
        sys.exit(0)
    if sys.argv[1:] != ["serve"]:
        sys.exit(64)

    out = sys.stdout.buffer

    def reached(phase):
        open(here + "/reached-" + phase, "w").close()
        if mode.get("stall") == phase:
            parent = os.getppid()
            while os.getppid() == parent:
                time.sleep(0.1)
            sys.exit(1)
        if mode.get("die") == phase:
            sys.stderr.write("the disk is full\n")
            sys.exit(1)

    def take(count):
        data = b""
        while len(data) < count:
            piece = sys.stdin.buffer.read(count - len(data))
            if not piece:
                sys.exit(0)
            data += piece
        return data

    def send(message):
        payload = json.dumps(message).encode()
        out.write(struct.pack(">I", len(payload)) + payload)
        out.flush()

    def event(seq, name, **more):
        return {"event": {"_0": dict({"seq": seq, "timeMilliseconds": 0, "event": name}, **more)}}

    if "words" in mode:
        sys.stderr.write(mode["words"] + "\n")
        sys.exit(mode.get("status", 1))
    out.write(mode.get("noise", "").encode())
    out.flush()
    reached("greeting")
    out.write(b"\0fleet-agent wire\n\0")
    out.flush()
    if mode.get("garbage"):
        out.write(b"\xff\xff\xff\xff")
        out.flush()
        take(1 << 30)

    folder = here + "/received"
    os.makedirs(folder, exist_ok=True)
    while True:
        request = json.loads(take(struct.unpack(">I", take(4))[0]))
        verb, body = next(iter(request.items()))
        with open(here + "/asked", "a") as file:
            file.write(verb + "\n")
        if verb == "hello":
            reached("hello")
            send({"hello": {"_0": {
                "wire": mode.get("wire", 1), "version": mode.get("version", "0.1.0"),
                "architecture": os.uname().machine,
                "bootID": "boot", "systemd": False, "user": "someone\u001b[31m", "system": "a stand-in"}}})
        elif verb == "status":
            reached("ask")
            if "status" in mode:
                send(mode["status"])
                continue
            status = {"app": body["app"], "state": mode.get("state", "idle"), "refusals": [], "backups": 0}
            if "job" in mode:
                status["openJob"] = mode["job"]
            send({"status": {"_0": status}})
        elif verb == "probe":
            findings = [{"version": mode.get("installed", "4.1.0")} for each in body["profiles"]]
            status = {"app": "growroom", "state": "idle", "refusals": [], "backups": 0}
            send({"probe": {"_0": {"findings": findings, "status": status}}})
        elif verb == "health":
            problem = {"code": "unhealthy", "step": "prove", "text": mode.get("unwell"), "logTail": []}
            send({"health": {"problem": problem} if "unwell" in mode else {}})
        elif verb == "upload":
            part = folder + "/" + body["sha256"]
            have = os.path.getsize(part) if os.path.exists(part) else 0
            send({"send": {"from": mode.get("from", have)}})
            if have == body["size"]:
                continue
            with open(part, "ab") as file:
                if mode.get("stall") == "upload" or mode.get("die") == "upload":
                    file.write(take(300000))
                    file.flush()
                    reached("upload")
                while have < body["size"]:
                    piece = take(min(65536, body["size"] - have))
                    file.write(piece)
                    have += len(piece)
            with open(part, "rb") as file:
                right = hashlib.sha256(file.read()).hexdigest() == body["sha256"]
            send({"ok": {}} if right else {"refused": {"_0": {
                "code": "artifact", "step": "receive", "text": "another SHA-256", "logTail": []}}})
        elif verb == "follow":
            for seq in range(1, 4):
                if seq > body["after"]:
                    send(event(seq, "note", text="line %d" % seq))
            send(event(0, "heartbeat"))
            reached("follow")
            # What was told before, told again.
            send(event(2, "note", text="line 2"))
            send(event(4, "rested", result={
                "job": body["job"], "outcome": "upgraded", "target": "4.2.0", "leftBehind": [], "steps": []}))
        else:
            send({"unsupported": {"_0": verb}})
    """#

  /// Puts it where `become: none` looks for it, below a home.
  static func install(in folder: HostFolder, mode: String = "{}") throws {
    try folder.write(text, to: ".local/lib/fleet/fleet-agent", mode: 0o755)
    try set(mode, in: folder)
  }

  static func set(_ mode: String, in folder: HostFolder) throws {
    try folder.write(mode, to: ".local/lib/fleet/mode")
  }
}
