"""What goes to a host over the network for a release that changes little: counted at the host's own
network device, both ways."""

from lab import Room, renew
from measure import Series, run


def bytes_of(room):
    return sum(map(int, room.on("awk '/host0:/ { print $2, $10 }' /proc/net/dev").split()))


def measure(rounds):
    with Room(rows=100) as room:
        archive = f"{room.folder}/release.tar.gz"
        git = ["git", "-C", f"{room.folder}/releases", "archive"]
        run([*git, "--format=tar.gz", "-o", archive, "v4.1.0"])
        ssh = f"ssh -i {room.lab('key').strip()} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        series = Series("a release of growroom to one host, both ways", "kB", "the archive, through ssh")
        for _ in range(rounds):
            for name, act in [
                (
                    series.against,
                    lambda: run(room.there("sh", "-c", f"{ssh} root@{room.address} 'cat >/var/release' <{archive}")),
                ),
                ("fleet upgrade, delta: false", lambda: room.fleet("upgrade", "--yes")),
                ("fleet upgrade", lambda: room.fleet("upgrade", "--yes")),
            ]:
                room.on(renew)
                room.set_delta("false" not in name)
                before = bytes_of(room)
                act()
                series.add(name, (bytes_of(room) - before) / 1000)
        return [series]
