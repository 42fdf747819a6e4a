"""What an upgrade writes to a host's disk, and how often it asks for all to be on it: counted at a
block device of its own (/sys/block/…/stat, Documentation/block/stat.rst)."""

import os
import shutil
import tempfile

from loopback import Hosts
from measure import Series, run


class Disk:
    """A file system in a file, mounted."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="fleet-bench-disk-")
        image = f"{self.folder}/image"
        self.place = f"{self.folder}/disk"
        os.mkdir(self.place)
        run(["truncate", "--size", "4G", image])
        run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image])
        self.device = run(["losetup", "--find", "--show", image]).strip()
        run(["mount", self.device, self.place])

    def written(self):
        """Megabytes and flushes so far, with all that was still to be written."""
        run(["sync", "--file-system", self.place])
        with open(f"/sys/block/{os.path.basename(self.device)}/stat") as stat:
            fields = list(map(int, stat.read().split()))
        return fields[6] * 512 / 1e6, fields[15]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run(["umount", self.place])
        run(["losetup", "--detach", self.device])
        shutil.rmtree(self.folder)


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
