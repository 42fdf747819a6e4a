"""What an upgrade writes to a host's disk, and how often it asks for all to be on it: counted at a
block device of its own (/sys/block/…/stat, Documentation/block/stat.rst)."""

from device import Disk
from loopback import Hosts
from measure import Series, run


def measure(rounds):
    written = Series("written for a release of 7 MB", "MB", "its archive, unpacked")
    flushes = Series("flushes of the disk for it", "", "its archive, unpacked")
    with Disk() as disk, Hosts(1, place=disk.place) as hosts:
        for number in range(1, rounds + 1):
            version = f"1.0.{number}"
            hosts.release(version, 7)
            archive = f"{hosts.releases}/v{version}.tar.gz"
            there = f"{disk.place}/unpacked-{number}"
            unpack = f"mkdir {there}; cp {archive} {there}; tar -xzf {archive} -C {there}"
            for name, act in [
                (written.against, lambda: run(["sh", "-ec", unpack])),
                ("fleet upgrade", lambda: hosts.fleet("upgrade", "--yes")),
            ]:
                before = disk.written()
                act()
                after = disk.written()
                written.add(name, after[0] - before[0])
                flushes.add(name, after[1] - before[1])
    return [written, flushes]
