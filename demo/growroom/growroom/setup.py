"""What happens once, when a room is set up: config.ini, a certificate of its own, the database."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

from growroom.sensors import Sensors
from growroom.measurement import measurement
from growroom.settings import ROOT, Settings

CONFIG = """\
[room]
name = {name}
crop = default

[http]
bind = {bind}
port = {port}
web_port = {web_port}
tls = {tls}

[paths]
log = {log}
run = {run}
"""


def init(arguments):
    for directory in ("databases", "cameras", "certs"):
        (ROOT / directory).mkdir(exist_ok=True)
    tls = certificate(arguments.name)
    config = ROOT / "config.ini"
    if not config.exists():
        config.write_text(CONFIG.format(tls="yes" if tls else "no", **vars(arguments)), encoding="utf-8")
    return subprocess.call([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT / "alembic_db")


def certificate(name):
    settings = Settings()
    if settings.certificate.exists():
        return True
    if not shutil.which("openssl"):
        return False
    old = os.umask(0o077)
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "3650", "-subj", f"/CN={name}", "-keyout", settings.key, "-out", settings.certificate],
            check=True, stderr=subprocess.DEVNULL)
    finally:
        os.umask(old)
    return True


def seed(rows):
    """Measurements of the past, one every three seconds, as if the room had been running."""
    sensors = Sensors()
    first = time.time() - 3 * rows
    with sqlite3.connect(Settings().database) as db:
        last = db.execute("SELECT coalesce(max(seq), 0) FROM measurements").fetchone()[0]
        for number in range(rows):
            heater = number % 40 < 20
            line = measurement(*sensors.read(heater, not heater, 0.5), heater, not heater)
            line |= {"seq": last + number + 1, "at": first + 3 * number}
            db.execute(f"INSERT INTO measurements ({', '.join(line)}) "
                       f"VALUES ({', '.join(':' + column for column in line)})", line)
    db.close()
    return 0
