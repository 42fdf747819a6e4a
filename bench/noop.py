"""All hosts have the newest release already: how long it takes to know that, and what it costs on
the machine that asks."""

import os

import peers
from loopback import Hosts
from measure import Series, cost

# As many at once as there are hosts, where the tool lets one say so.
parallel_ssh = """
import sys
from pssh.clients import ParallelSSHClient
from pssh.config import HostConfig
key, user, *rest = sys.argv[1:]
ports = [int(port) for port in rest]
client = ParallelSSHClient(["127.0.0.1"] * len(ports), user=user, pkey=key, pool_size=len(ports),
                           host_config=[HostConfig(port=port) for port in ports])
said = client.run_command('cat "$HOME/app/VERSION"')
client.join(said)
assert [list(host.stdout) for host in said] == [["1.0.0"]] * len(ports)
"""


def contenders(hosts):
    count, folder = len(hosts.names), hosts.folder
    ansible, settings = peers.ansible(hosts, "-m", "command", "-a", "cat {{ home }}/app/VERSION")
    user = os.environ.get("USER") or "root"
    yield "ssh, all at once", [
        "sh",
        "-c",
        f"printf '%s\\n' {' '.join(hosts.names)} | "
        f"xargs -P {count} -I@ ssh -F {folder}/ssh_config @ cat {folder}/hosts/@/app/VERSION",
    ], hosts.environment
    yield "fleet upgrade", [*hosts.fleet_words, "upgrade", "--yes"], hosts.environment
    yield "parallel-ssh", [
        peers.program("python"),
        "-c",
        parallel_ssh,
        hosts.key,
        user,
        *map(str, hosts.ports.values()),
    ], hosts.environment
    yield "pyinfra", [
        peers.program("pyinfra"),
        "-y",
        f"{folder}/hosts.py",
        "exec",
        "--",
        'cat "$HOME/app/VERSION"',
    ], hosts.environment
    yield "ansible", ansible, settings
    yield "ansible with mitogen", ansible, {
        **settings,
        "ANSIBLE_STRATEGY": "mitogen_linear",
        "ANSIBLE_STRATEGY_PLUGINS": peers.mitogen(),
    }


def measure(rounds, counts=(1, 8, 50, 200)):
    found = []
    for count in counts:
        with Hosts(count) as hosts:
            all_of = f"nothing to do on {count} host{'s' if count > 1 else ''}"
            against = "ssh, all at once"
            wall, processor, memory = (
                Series(all_of, "s", against),
                Series(f"{all_of}, processor of the machine that asks", "s", against),
                Series(f"{all_of}, memory of the largest process", "MB", against),
            )
            for _ in range(rounds):
                for name, words, environment in contenders(hosts):
                    spent = cost(words, folder=hosts.folder, environment=environment)
                    wall.add(name, spent.seconds)
                    processor.add(name, spent.processor_seconds)
                    memory.add(name, spent.megabytes)
            found += [wall, processor, memory]
    return found
