"""From power on to an app that answers: of a host that lost its power with nothing to do, and in the
middle of a cutover, which its agent ends or takes back before the app starts."""

import shutil
import time

from lab import Room, renew
from measure import Series

# The new version's migration has begun: the app is down, and nothing is exchanged yet.
in_cutover = """
until grep -qs '"step":"migrate"' /var/lib/fleet-agent/growroom/jobs/*/events.jsonl; do sleep 0.02; done
"""


def power_on(room, watch):
    """How long until the app answers, in seconds."""
    began = time.monotonic()
    room.lab("up", room.name, "--base", "bookworm", "--address", room.address)
    watch.outage()
    return time.monotonic() - began


def measure(rounds):
    with Room(rows=100) as room:
        series = Series("from power on to growroom's answer", "s", "with nothing to do")
        for _ in range(rounds):
            room.on(renew)
            with room.watch() as watch:
                room.lab("power-cut", room.name)
                series.add(series.against, power_on(room, watch))
            room.on(renew)
            with room.watch() as watch:
                upgrade = room.begin_upgrade()
                room.on(in_cutover)
                room.lab("power-cut", room.name)
                upgrade.kill()
                upgrade.wait()
                series.add("in the middle of a cutover", power_on(room, watch))
            shutil.rmtree(f"{room.folder}/state")
        return [series]
