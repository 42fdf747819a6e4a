"""Block devices of their own: file systems in files, mounted."""

import os
import shutil
import subprocess
import tempfile
import time

from measure import Trouble, run

here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Disk:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="fleet-bench-disk-")
        self.image = f"{self.folder}/image"
        self.place = f"{self.folder}/disk"
        os.mkdir(self.place)
        run(["truncate", "--size", "4G", self.image])
        run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image])
        self.device = run(["losetup", "--find", "--show", self.served()]).strip()
        run(["mount", self.device, self.place])

    def served(self):
        """The file that is the device."""
        return self.image

    def synchronize(self):
        run(["sync", "--file-system", self.place])

    def written(self):
        """Megabytes and flushes so far, with all that was still to be written."""
        self.synchronize()
        with open(f"/sys/block/{os.path.basename(self.device)}/stat") as stat:
            fields = list(map(int, stat.read().split()))
        return fields[6] * 512 / 1e6, fields[15]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run(["umount", self.place])
        run(["losetup", "--detach", self.device])
        shutil.rmtree(self.folder)


class Card(Disk):
    """As slow as a card of the class A1: so many calls, and so many bytes, in a second."""

    calls, bytes = 500, 10_000_000

    def served(self):
        self.door = f"{self.folder}/door"
        os.mkdir(self.door)
        self.server = subprocess.Popen(
            [f"{here}/.build/tools/blocklog", self.image, "/dev/null", self.door, str(self.calls), str(self.bytes)]
        )
        for _ in range(200):
            if os.path.exists(f"{self.door}/disk"):
                return f"{self.door}/disk"
            time.sleep(0.05)
        raise Trouble("the slow disk does not come")

    def __exit__(self, *_):
        run(["umount", self.place])
        run(["losetup", "--detach", self.device])
        run(["umount", self.door])
        self.server.wait()
        shutil.rmtree(self.folder)
