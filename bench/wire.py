"""What goes to a host over the network for a release that changes little: counted at the host's own
network device, both ways."""

from lab import Room, install, renew
from measure import Series, run


def bytes_of(room):
    return sum(
        map(
            int,
            room.on("cat /sys/class/net/host0/statistics/rx_bytes /sys/class/net/host0/statistics/tx_bytes").split(),
        )
    )


def measure(rounds):
    with Room(rows=100) as room:
        tree, archive = f"{room.folder}/tree", f"{room.folder}/release.tar.gz"
        git = ["git", "-C", f"{room.folder}/releases", "archive"]
        run([*git, "--format=tar.gz", "-o", archive, "v4.1.0"])
        run(["sh", "-c", 'mkdir "$0" && tar -xzf "$1" -C "$0"', tree, archive])
        ssh = f"ssh -i {room.lab('key').strip()} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        series = Series("a release of growroom to one host, both ways", "kB", "scp of the archive")
        for _ in range(rounds):
            for name, act in [
                (
                    series.against,
                    lambda: run(room.there("sh", "-c", f"{ssh} root@{room.address} 'cat >/var/release' <{archive}")),
                ),
                ("fleet upgrade", lambda: room.fleet("upgrade", "--yes")),
                (
                    "rsync onto the tree that is there",
                    lambda: run(
                        room.there(
                            "rsync", "-a", "--checksum", "-e", ssh, f"{tree}/", f"root@{room.address}:{install}/"
                        )
                    ),
                ),
            ]:
                room.on(renew)
                before = bytes_of(room)
                act()
                series.add(name, (bytes_of(room) - before) / 1000)
        return [series]
