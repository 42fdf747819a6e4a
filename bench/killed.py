"""How long users are without growroom when the agent is killed, at the beginning of each step of a
cutover: what recovers it brings the old version back, or goes on with the new one."""

import shutil

from lab import Room, renew
from measure import Series, Trouble

# Not the stop: whoever is killed at its very beginning has not stopped anything.
steps = ["carry", "migrate", "swap", "restart", "prove"]


def kill_in(step):
    """Shell text that kills every process of the agent once its job has begun the step."""
    return f"""
until grep -qs '"event":"step_started".*"step":"{step}"' /var/lib/fleet-agent/growroom/jobs/*/events.jsonl
do sleep 0.01; done
pkill -KILL -x fleet-agent
"""


def measure(rounds):
    with Room(rows=100) as room:
        series = Series("time without growroom when the agent is killed", "s", "not killed")
        for _ in range(rounds):
            for name, step in [(series.against, None)] + [(f"in {step}", step) for step in steps]:
                room.on(renew)
                with room.watch() as watch:
                    upgrade = room.begin_upgrade()
                    if step:
                        room.on(kill_in(step))
                    seconds = watch.outage()
                    # Whatever it makes of it, it ends.
                    upgrade.wait(timeout=300)
                if watch.more and not step:
                    raise Trouble(f"the app was away more than once: {seconds}, {watch.more}")
                # In the proof it runs, and is stopped again.
                series.add(name, seconds + sum(watch.more))
                shutil.rmtree(f"{room.folder}/state")
        return [series]
