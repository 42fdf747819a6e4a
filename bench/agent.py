"""The agent on a host: its size, its start, what it has in memory while it stages a large release,
and what runs of it when there is nothing to do."""

import os
import platform
import threading
import time

from loopback import Hosts, here
from measure import Series, cost


def processes(hosts):
    """The agents of these hosts: pid, and the most memory that each had, in MB."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = os.readlink(f"/proc/{pid}/exe")
            if not program.startswith(hosts.folder) or "fleet-agent" not in program:
                continue
            with open(f"/proc/{pid}/status") as status:
                fields = dict(line.split(":", 1) for line in status)
            found[pid] = int(fields["VmHWM"].split()[0]) / 1024
        except (OSError, KeyError):
            continue
    return found


def most_memory(hosts, words):
    """Of any process of the agent while the command runs."""
    most, is_done = [0.0], threading.Event()

    def look():
        while not is_done.wait(0.05):
            most[0] = max([most[0], *processes(hosts).values()])

    looker = threading.Thread(target=look)
    looker.start()
    try:
        cost([*hosts.fleet_words, *words], folder=hosts.folder, environment=hosts.environment)
    finally:
        is_done.set()
        looker.join()
    return most[0]


def measure(rounds):
    program = f"{here}/.build/dist/libexec/fleet/agents/{platform.machine()}/fleet-agent"
    size = Series("the agent's file", "MB", "fleet-agent")
    size.add("fleet-agent", os.path.getsize(program) / 1e6)
    start = Series("start and end of a program", "ms", "/bin/true")
    for _ in range(max(rounds, 10)):
        for name, words in [
            ("/bin/true", ["/bin/true"]),
            ("python3", ["python3", "-c", "pass"]),
            ("fleet-agent", [program, "--version"]),
        ]:
            start.add(name, cost(words).seconds * 1000)
    memory = Series("most memory of the agent", "MB", "staging 7 MB")
    with Hosts(1) as hosts:
        for number, (name, megabytes, files) in enumerate(
            [("staging 7 MB", 7, 0), ("staging 1 GB", 1000, 0), ("staging 99,000 files", 0, 99_000)], 1
        ):
            version = f"1.0.{number}"
            hosts.release(version, megabytes, files)
            memory.add(name, most_memory(hosts, ["stage", "--yes"]))
            hosts.fleet("abort", "--yes")
        time.sleep(1)
        idle = Series("processes of the agent with nothing to do", "", "fleet-agent")
        idle.add("fleet-agent", len(processes(hosts)))
    return [size, start, memory, idle]
