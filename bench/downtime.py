"""How long users are without the app: its own stop and start, an upgrade by fleet, and an upgrade
by a script that does all of its work while the app is down."""

import json
import subprocess

from lab import Room, install, renew, script
from measure import Series, Trouble, run

# The order in which apps upgrade themselves: stop, make the new tree, migrate, exchange, start.
by_hand = f"""
set -e
systemctl stop growroomweb growroom
mkdir /opt/new
tar -x -C /opt/new --strip-components=1 -f /var/release.tar
chown -R growroom:growroom /opt/new
cd /opt/new
as() {{ setpriv --reuid growroom --regid growroom --init-groups env HOME=/tmp "$@"; }}
mv {install} /opt/old
mv /opt/new {install}
cd {install}
as python3 -m venv --system-site-packages env
as env/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-index --find-links install/wheels \\
  -r install/requirements.txt
as mkdir -p databases
for each in databases/growroom.db config.ini certs cameras; do
  [ ! -e /opt/old/$each ] || as cp -a /opt/old/$each $each
done
(cd alembic_db && as ../env/bin/python -m alembic upgrade head)
cp --remove-destination install/*.service /etc/systemd/system/
systemctl daemon-reload
systemctl start growroom growroomweb
"""

# Mycodo's daemon takes so long: a quarter of a minute to stop, two seconds to start.
slow = """
mkdir -p /etc/systemd/system/growroom.service.d
printf '[Service]\\nExecStopPost=/bin/sleep 14\\nExecStartPre=/bin/sleep 2\\nTimeoutStopSec=60\\n' \\
  >/etc/systemd/system/growroom.service.d/slow.conf
systemctl daemon-reload
"""


def restart(room):
    room.on("systemctl stop growroom growroomweb && systemctl start growroom growroomweb")


def upgrade(room):
    room.fleet("upgrade", "--yes")


def alone(room):
    room.on(by_hand)


def bring(room):
    """The release, for the script."""
    archive = subprocess.Popen(
        ["git", "-C", f"{room.folder}/releases", "archive", "--format=tar", "--prefix=growroom/", "v4.1.0"],
        stdout=subprocess.PIPE,
    )
    run([script, "exec", room.name, "tee", "/var/release.tar"], stdin=archive.stdout, env=room.environment)
    if archive.wait():
        raise Trouble("git does not make an archive")


def measure(rounds):
    with Room() as room:
        bring(room)
        found = []
        for title, prepare in [("growroom", None), ("growroom, slow to stop and to start", slow)]:
            if prepare:
                room.on(prepare)
            series = Series(f"downtime of {title}", "s", "its own stop and start")
            told = Series(f"downtime of {title}, as fleet tells it", "s", "as seen from outside")
            for _ in range(rounds):
                for name, act in [
                    (series.against, restart),
                    ("fleet upgrade", upgrade),
                    ("stop, then upgrade by a script", alone),
                ]:
                    room.on(renew + "rm -rf /opt/old /opt/new")
                    with room.watch() as watch:
                        act(room)
                        seconds = watch.outage()
                    if watch.more:
                        raise Trouble(f"{name}: the app was away more than once: {seconds}, {watch.more}")
                    series.add(name, seconds)
                    if act is upgrade:
                        host = json.loads(room.fleet("report", "-o", "json"))["hosts"][0]
                        told.add(told.against, seconds)
                        told.add("fleet", host["downtime_ms"] / 1000)
            found += [series, told]
        return found
