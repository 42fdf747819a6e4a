"""What a whole rollout over many hosts costs the machine that drives it, and what its report costs.
The hosts have agents of their own, over SSH, with an app that is a file."""

import os
import shutil

from loopback import Hosts
from measure import Series, cost, run

count = int(os.environ.get("FLEET_BENCH_HOSTS", "1000"))


class Many(Hosts):
    """The first is set up as any, the others are as it is: to bring an agent to each is not what is measured."""

    def set_up(self):
        first = self.names[0]
        self.fleet("bootstrap", "--yes", first)
        for name in self.names[1:]:
            # The same files, which nothing writes to.
            run(["cp", "-al", f"{self.home(first)}/.local", self.home(name)])
        with open(f"{self.folder}/known_hosts") as file:
            known = file.read()
        with open(f"{self.folder}/known_hosts", "a") as file:
            for name in self.names[1:]:
                file.write(known.replace(first, name).replace(f":{self.ports[first]}", f":{self.ports[name]}"))


def measure(rounds):
    rollout = Series(f"a rollout over {count} hosts", "s", "fleet upgrade")
    processor = Series("the same, processor of the machine that drives it", "s", "fleet upgrade")
    memory = Series("the same, its memory", "MB", "fleet upgrade")
    with Many(count, policy="batches: ['100%'], canary: 0, max_parallel: 50, soak: 0s, one_machine: together") as hosts:
        for number in range(1, rounds + 1):
            hosts.release(f"1.0.{number}")
            for name, words in [
                ("fleet upgrade", ["upgrade", "--yes"]),
                ("fleet report", ["report"]),
                ("fleet report -o json", ["report", "-o", "json"]),
            ]:
                spent = cost([*hosts.fleet_words, *words], folder=hosts.folder, environment=hosts.environment)
                rollout.add(name, spent.seconds)
                processor.add(name, spent.processor_seconds)
                memory.add(name, spent.megabytes)
            # So that the disk holds it.
            for host in hosts.names:
                shutil.rmtree(f"{hosts.home(host)}/backups", ignore_errors=True)
    return [rollout, processor, memory]
