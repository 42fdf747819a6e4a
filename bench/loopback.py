"""Hosts on loopback: an sshd of its own for each, on a port of its own, with an app as small as can
be and an agent of its own. No systemd, no sudo, no containers: so many fit on one machine, and what
is measured is how each tool asks them."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

from measure import Trouble, run

here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def free_ports(count):
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports


class Hosts:
    """`count` of them, each with version 1.0.0 of the app."""

    def __init__(self, count, place=None, policy=""):
        self.folder = tempfile.mkdtemp(prefix="fleet-bench-")
        # The hosts' own files.
        self.place = place or f"{self.folder}/hosts"
        self.policy = policy
        self.servers = []
        self.environment = {
            **os.environ,
            "XDG_STATE_HOME": f"{self.folder}/state",
            "XDG_CACHE_HOME": f"{self.folder}/cache",
            "XDG_CONFIG_HOME": f"{self.folder}/config",
        }
        self.releases = f"{self.folder}/releases"
        self.names = [f"host{number:03}" for number in range(count)]
        try:
            self.begin()
        except BaseException:
            self.end()
            raise

    def begin(self):
        os.makedirs(self.releases)
        os.makedirs("/run/sshd", exist_ok=True)
        self.release("1.0.0")
        self.key = f"{self.folder}/key"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key])
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.folder}/host_key"])
        self.ports = dict(zip(self.names, free_ports(len(self.names))))
        for name in self.names:
            self.start(name)
        self.write()
        self.set_up()

    def set_up(self):
        self.fleet("bootstrap", "--yes")

    def home(self, name):
        return f"{self.place}/{name}"

    def start(self, name):
        home = self.home(name)
        os.makedirs(f"{home}/app")
        with open(f"{home}/app/VERSION", "w") as file:
            file.write("1.0.0\n")
        # It runs.
        with open(f"{home}/app.up", "w"):
            pass
        with open(f"{home}/sshd_config", "w") as file:
            file.write(f"""ListenAddress 127.0.0.1
Port {self.ports[name]}
HostKey {self.folder}/host_key
AuthorizedKeysFile {self.key}.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
MaxStartups 200
Subsystem sftp internal-sftp
SetEnv HOME={home} FLEET_AGENT_STATE={home}/agent
""")
        with open(f"{home}/sshd.log", "w") as log:
            self.servers.append(
                subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", f"{home}/sshd_config"], stderr=log)
            )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.ports[name])).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Trouble(f"sshd does not listen for {name}")

    def write(self):
        """An inventory for each of the tools."""
        user = run(["id", "-un"]).strip()
        options = f"-o IdentityFile={self.key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        hosts = "".join(
            f"  {name}: {{ address: 127.0.0.1, port: {port}, become: none, install: {self.home(name)}/app,"
            f" profile: {{ backups: {self.home(name)}/backups }} }}\n"
            for name, port in self.ports.items()
        )
        files = {
            "apps/small.yaml": f"""name: small
install: /srv/small
backups: /srv/small-backups
source: {{ directory: {self.releases} }}
version: {{ file: VERSION, match: "^(.+)$" }}
owner: "{user}:{user}"
services:
  start: 'touch "$FLEET_INSTALL.up"'
  stop: 'rm -f "$FLEET_INSTALL.up"'
  status: 'test -e "$FLEET_INSTALL.up"'
health: {{ healthy_for: 1s, checks: [{{ run: "true" }}] }}
""",
            "fleet.yaml": f"""app: small
defaults: {{ user: {user}, ssh_key: {self.key} }}
rollout: {{ {self.policy} }}
hosts:
{hosts}""",
            "ssh_config": "".join(
                f"Host {name}\n  HostName 127.0.0.1\n  Port {port}\n" for name, port in self.ports.items()
            )
            + f"Host *\n  User {user}\n  IdentityFile {self.key}\n  StrictHostKeyChecking no\n"
            "  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n",
            "hosts.ini": "[all]\n"
            + "".join(
                f"{name} ansible_host=127.0.0.1 ansible_port={port} ansible_user={user} home={self.home(name)}\n"
                for name, port in self.ports.items()
            )
            + f"[all:vars]\nansible_ssh_common_args={shlex.quote(options)}\nansible_python_interpreter=/usr/bin/python3\n",
            "hosts.py": "hosts = [\n"
            + "".join(
                f'    ("@ssh/{name}", {{"ssh_hostname": "127.0.0.1", "ssh_port": {port}, "ssh_user": "{user}",'
                f' "ssh_key": "{self.key}", "ssh_known_hosts_file": "/dev/null", "ssh_strict_host_key_checking": "no",'
                f' "home": "{self.home(name)}"}}),\n'
                for name, port in self.ports.items()
            )
            + "]\n",
        }
        os.makedirs(f"{self.folder}/apps")
        for name, text in files.items():
            with open(f"{self.folder}/{name}", "w") as file:
                file.write(text)

    def release(self, version, megabytes=0, files=0):
        """A new release of the app; most of it cannot be made smaller by packing it. `files`: small ones, besides."""
        tree = f"{self.folder}/tree/small-{version}"
        os.makedirs(tree, exist_ok=True)
        for number in range(files):
            folder = f"{tree}/files/{number // 1000}"
            os.makedirs(folder, exist_ok=True)
            with open(f"{folder}/{number}", "w") as file:
                file.write(f"{number}\n")
        with open(f"{tree}/VERSION", "w") as file:
            file.write(f"{version}\n")
        for number in range(megabytes):
            with open(f"{tree}/part{number:03}", "wb") as file:
                file.write(os.urandom(1 << 20))
        run(["tar", "-C", f"{self.folder}/tree", "-czf", f"{self.releases}/v{version}.tar.gz", f"small-{version}"])

    @property
    def fleet_words(self):
        return [f"{here}/.build/dist/bin/fleet", "-i", f"{self.folder}/fleet.yaml"]

    def fleet(self, *words):
        return run([*self.fleet_words, *words], cwd=self.folder, env=self.environment)

    def end(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
