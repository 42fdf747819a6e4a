"""One lab host (scripts/lab: systemd, sshd, a network of its own) with growroom on it, and its
releases behind a double of GitHub."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from measure import Trouble, run

here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
script = f"{here}/scripts/lab"
install = "/opt/growroom"

# As it was on the first day, and nothing of fleet's history.
renew = f"""
set -e
systemctl stop growroomweb growroom
rm -rf {install} {install}-backups /opt/.fleet-growroom /var/lib/fleet-agent/growroom
cp -a /var/pristine/growroom {install}
cp --remove-destination {install}/install/*.service /etc/systemd/system/
systemctl daemon-reload
systemctl reset-failed
systemctl start growroom growroomweb
"""


class Room:
    name, address = "bench", "10.77.0.11"

    def __init__(self, rows=20000):
        self.folder = tempfile.mkdtemp(prefix="fleet-bench-")
        self.environment = {
            **os.environ,
            "FLEET_LAB_NAME": f"bench-{os.getpid()}",
            "XDG_STATE_HOME": f"{self.folder}/state",
            "XDG_CACHE_HOME": f"{self.folder}/cache",
        }
        self.double = None
        try:
            self.begin(rows)
        except BaseException:
            self.end()
            raise

    def lab(self, *words):
        return run([script, *words], env=self.environment)

    def on(self, command):
        return self.lab("exec", self.name, "sh", "-c", command)

    def there(self, *words):
        """The words of a program of this machine in the lab's network."""
        return ["ip", "netns", "exec", f"fleet-{self.environment['FLEET_LAB_NAME']}", *words]

    def begin(self, rows):
        self.lab("base", "bookworm")
        run([f"{here}/demo/make-releases", f"{self.folder}/releases"])
        self.lab("up", self.name, "--base", "bookworm", "--address", self.address, "--owner", str(os.getpid()))
        run(
            [
                f"{here}/demo/install-growroom",
                "--releases",
                f"{self.folder}/releases",
                "--version",
                "4.0.26",
                "--via",
                f"{script} exec {self.name}",
                "--name",
                self.name,
                "--bind",
                "0.0.0.0",
                "--rows",
                str(rows),
            ],
            env=self.environment,
        )
        self.on(f"systemctl stop growroomweb growroom; mkdir /var/pristine; cp -a {install} /var/pristine/growroom")
        self.on(renew)
        with open(f"{self.folder}/double.out", "w") as output:
            self.double = subprocess.Popen(
                self.there(
                    f"{here}/demo/github-double", "--repository", f"{self.folder}/releases", "--bind", "127.0.0.1"
                ),
                stdout=output,
            )
        for _ in range(200):
            with open(f"{self.folder}/double.out") as said:
                found = re.search(r"READY port=(\d+)", said.read())
            if found:
                break
            time.sleep(0.1)
        else:
            raise Trouble("the double of GitHub did not start")
        self.api = f"http://127.0.0.1:{found[1]}"
        run(
            self.there(
                "curl", "-sSf", "--data-binary", json.dumps({"visible": ["v4.0.*", "v4.1.0"]}), f"{self.api}/control"
            )
        )
        shutil.copytree(f"{here}/demo/inventory", f"{self.folder}/inventory")
        file = f"{self.folder}/inventory/fleet.yaml"
        with open(file) as text:
            inventory = text.read().replace("@API@", self.api).replace("@USER@", "root")
        inventory = inventory.replace("@KEY@", self.lab("key").strip()).replace(
            "canary: [veg]", f"canary: [{self.name}]"
        )
        with open(file, "w") as text:
            text.write(f"{inventory}  {self.name}: {self.address}\n")
        self.fleet("bootstrap", "--yes")

    def fleet_words(self, *words):
        return self.there(f"{here}/.build/dist/bin/fleet", *words)

    def begin_upgrade(self):
        """An upgrade that goes on while something is done to the host."""
        words = self.fleet_words("upgrade", "--yes")
        quiet = subprocess.DEVNULL
        return subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=quiet, stderr=quiet)

    def fleet(self, *words):
        return run(self.fleet_words(*words), cwd=self.folder, env=self.environment)

    def set_delta(self, is_on):
        file = f"{self.folder}/inventory/fleet.yaml"
        with open(file) as text:
            lines = [line for line in text if not line.startswith(f"  {self.name}: ")]
        lines.append(f"  {self.name}: {{ address: {self.address}, delta: {str(is_on).lower()} }}\n")
        with open(file, "w") as text:
            text.writelines(lines)

    def watch(self):
        return Watch(self.there("/usr/bin/python3", f"{here}/bench/watch.py", f"http://{self.address}:8780/status"))

    def end(self):
        if self.double:
            self.double.terminate()
            self.double.wait()
        subprocess.run([script, "down-all"], env=self.environment, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Watch:
    """The app, watched from outside while something is done to it."""

    def __init__(self, words):
        self.child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.child.stdout.readline()

    def __enter__(self):
        # It has been seen well.
        time.sleep(1)
        return self

    def outage(self):
        """How long the app was away, in seconds: waits until it is there again."""
        return float(self.child.stdout.readline())

    def __exit__(self, *_):
        self.child.stdin.close()
        rest = self.child.stdout.read().split()
        self.child.wait()
        self.more = [float(one) for one in rest]
