"""Where the time of an upgrade goes on a slow card: each step of the job, as the report tells it."""

import json
import time

from device import Card
from loopback import Hosts
from measure import Series, run

# As many as Mycodo has, and as many bytes as its archive.
megabytes, files = 7, 2000


def measure(rounds):
    whole = Series(f"a release of {megabytes} MB and {files} files on a slow card", "s", "its archive, unpacked")
    steps = Series("the steps of that", "s", "all steps")
    with Card() as card, Hosts(1, place=card.place) as hosts:
        for number in range(1, rounds + 1):
            version = f"1.0.{number}"
            hosts.release(version, megabytes, files)
            archive = f"{hosts.releases}/v{version}.tar.gz"
            there = f"{card.place}/unpacked-{number}"
            unpack = f"mkdir {there}; cp {archive} {there}; tar -xzf {archive} -C {there}; sync --file-system {there}"
            for name, act in [
                (whole.against, lambda: run(["sh", "-ec", unpack])),
                ("fleet upgrade", lambda: hosts.fleet("upgrade", "--yes")),
            ]:
                card.synchronize()
                began = time.monotonic()
                act()
                whole.add(name, time.monotonic() - began)
            (host,) = json.loads(hosts.fleet("report", "-o", "json"))["hosts"]
            steps.add(steps.against, sum(step["ms"] for step in host["steps"]) / 1000)
            for step in host["steps"]:
                steps.add(step["step"], step["ms"] / 1000)
    return [whole, steps]
