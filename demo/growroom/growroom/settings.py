"""What the user may change: config.ini, config_override.py and the environment, in rising order of precedence."""

import configparser
import os
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

DEFAULTS = {
    "room": {"name": "tent", "crop": "default"},
    "http": {"bind": "127.0.0.1", "port": "8780", "web_port": "8781", "tls": "no"},
    "paths": {"log": "/var/log/growroom", "run": "/run/growroom"},
    "rates": {"rows_per_second": "20", "picture_seconds": "1"},
}


class Settings:
    def __init__(self, root=ROOT):
        ini = configparser.ConfigParser()
        ini.read_dict(DEFAULTS)
        ini.read(root / "config.ini", encoding="utf-8")
        environment = os.environ
        self.root = root
        self.name = ini["room"]["name"]
        self.crop = ini["room"]["crop"]
        self.bind = environment.get("GROWROOM_BIND", ini["http"]["bind"])
        self.port = int(environment.get("GROWROOM_PORT", ini["http"]["port"]))
        self.web_port = int(environment.get("GROWROOM_WEB_PORT", ini["http"]["web_port"]))
        self.tls = ini["http"].getboolean("tls")
        self.log = Path(environment.get("GROWROOM_LOG", ini["paths"]["log"]))
        self.run = Path(environment.get("GROWROOM_RUN", ini["paths"]["run"]))
        self.rows_per_second = ini["rates"].getfloat("rows_per_second")
        self.picture_seconds = ini["rates"].getfloat("picture_seconds")
        self.database = root / "databases" / "growroom.db"
        self.cameras = root / "cameras"
        self.certificate = root / "certs" / "web.crt"
        self.key = root / "certs" / "web.key"
        override = root / "config_override.py"
        self.overrides = runpy.run_path(str(override)) if override.exists() else {}

    @property
    def daemon_url(self):
        """Where the daemon answers, seen from this machine."""
        host = "127.0.0.1" if self.bind in ("0.0.0.0", "") else self.bind
        return f"http://{host}:{self.port}"
