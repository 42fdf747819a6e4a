"""The daemon's own HTTP door: /status as JSON, 200 when the room is under control, else 503."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StatusServer:
    def __init__(self, settings, status):
        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self):
                if self.path not in ("/", "/status"):
                    self.send_error(404)
                    return
                now = status()
                body = (json.dumps(now) + "\n").encode()
                self.send_response(200 if now["healthy"] else 503)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Tests poll every 50 ms; that is nothing for the log."""

        self._server = ThreadingHTTPServer((settings.bind, settings.port), Handler)
        self._server.daemon_threads = True

    def start(self):
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="http", daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
