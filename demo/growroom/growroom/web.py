"""The web page, a process of its own. It wants the daemon there when it starts, and says so if it is not."""

import html
import json
import logging
import sqlite3
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from growroom.check import ask
from growroom.config import GROWROOM_VERSION
from growroom.service import StopSignal, open_log, tell_systemd
from growroom.settings import Settings

log = logging.getLogger("growroom.web")

PAGE = """<!doctype html><meta charset="utf-8"><title>{room}</title>
<h1>{room}</h1><p>growroom {version}: {state}</p>
<img src="/picture" alt="{tent}"><table><tr><th>#</th><th>°C</th><th>%</th></tr>{rows}</table>
"""


class Handler(BaseHTTPRequestHandler):
    timeout = 10
    settings = None
    words = {}

    def do_GET(self):
        if self.path == "/":
            self._page()
        elif self.path == "/picture":
            self._picture()
        else:
            self.send_error(404)

    def _page(self):
        try:
            status = ask(self.settings)
            state = self.words["good"] if status["healthy"] else status["error"]
        except (OSError, ValueError):
            state = self.words["silent"]
        with sqlite3.connect(f"file:{self.settings.database}?mode=ro", uri=True, timeout=2) as db:
            newest = db.execute(
                "SELECT seq, temperature, humidity FROM measurements ORDER BY seq DESC LIMIT 20").fetchall()
        rows = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in newest)
        self._send("text/html; charset=utf-8", PAGE.format(
            room=html.escape(self.settings.name), version=GROWROOM_VERSION, state=html.escape(state),
            tent=self.words["tent"], rows=rows).encode())

    def _picture(self):
        newest = max(self.settings.cameras.glob("*/*/*.png"), default=None)
        if newest is None:
            self.send_error(404)
        else:
            self._send("image/png", newest.read_bytes())

    def _send(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Quiet: what goes wrong is logged where it goes wrong."""


def run():
    settings = Settings()
    open_log(settings, "growroomweb")
    try:
        ask(settings)
    except (OSError, ValueError) as error:
        log.error("the daemon must be started first: %s", error)
        return 1
    Handler.settings = settings
    language = settings.overrides.get("LANGUAGE", "en")
    Handler.words = json.loads(
        (settings.root / "growroom" / "languages" / f"{language}.json").read_text(encoding="utf-8"))
    try:
        server = ThreadingHTTPServer((settings.bind, settings.web_port), Handler)
        server.daemon_threads = True
        if settings.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(settings.certificate, settings.key)
            # The handshake belongs to the request's own thread: a client that says nothing blocks nobody.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    except OSError as error:
        log.error("cannot serve the page on %s:%d: %s", settings.bind, settings.web_port, error)
        return 1
    stop = StopSignal()
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    log.info("growroom %s serves its page on %s:%d", GROWROOM_VERSION, settings.bind, settings.web_port)
    tell_systemd("READY=1")
    stop.wait()
    server.shutdown()
    server.server_close()
    return 0
