"""A release is brought to eight hosts and unpacked there. fleet also verifies it before, reads what
it has written again, and holds it against what is installed; nothing of that is done by the
others."""

import os
import shutil

import peers
from loopback import Hosts
from measure import Series, cost


def contenders(hosts, archive, tree):
    folder, count = hosts.folder, len(hosts.names)
    each = f"printf '%s\\n' {' '.join(hosts.names)} | xargs -P {count} -I@ sh -ec"
    yield "scp, then tar", [
        "sh",
        "-c",
        f"{each} 'scp -q -F {folder}/ssh_config {archive} "
        f'@:{folder}/hosts/@/new.tar.gz && ssh -F {folder}/ssh_config @ "cd {folder}/hosts/@ && mkdir new && '
        f"tar -xzf new.tar.gz -C new\"'",
    ], hosts.environment
    yield "fleet stage", [*hosts.fleet_words, "stage", "--yes"], hosts.environment
    yield "rsync of the tree", [
        "sh",
        "-c",
        f"{each} 'rsync -a -e \"ssh -F {folder}/ssh_config\" {tree}/ @:{folder}/hosts/@/new/'",
    ], hosts.environment
    yield "ansible unarchive", *peers.ansible(
        hosts, "-m", "unarchive", "-a", f"src={archive} dest={{{{ home }}}}/new"
    )


def measure(rounds, sizes=(7, 200)):
    found = []
    with Hosts(8) as hosts:
        release = 0
        for megabytes in sizes:
            title = f"{megabytes} MB brought to 8 hosts and unpacked there"
            wall, processor = (
                Series(title, "s", "scp, then tar"),
                Series(f"{title}, processor of the machine that sends", "s", "scp, then tar"),
            )
            for _ in range(rounds):
                release += 1
                version = f"1.0.{release}"
                hosts.release(version, megabytes)
                archive, tree = f"{hosts.releases}/v{version}.tar.gz", f"{hosts.folder}/tree/small-{version}"
                for name, words, environment in contenders(hosts, archive, tree):
                    for host in hosts.names:
                        shutil.rmtree(f"{hosts.home(host)}/new", ignore_errors=True)
                        if name.startswith("ansible"):
                            os.makedirs(f"{hosts.home(host)}/new")
                    spent = cost(words, folder=hosts.folder, environment=environment)
                    wall.add(name, spent.seconds)
                    processor.add(name, spent.processor_seconds)
                hosts.fleet("abort", "--yes")
            found += [wall, processor]
    return found
