"""Takes a picture of the tent every now and then. A picture is written once and never changed."""

import logging
import os
import struct
import threading
import time
import zlib

log = logging.getLogger("growroom.camera")

WIDTH, HEIGHT = 64, 48


def png(brightness):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(
        b"\0" + bytes((brightness + x + y) % 256 for x in range(WIDTH)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) \
        + chunk(b"IEND", b"")


class Camera(threading.Thread):
    def __init__(self, settings):
        super().__init__(name="camera", daemon=True)
        self._directory = settings.cameras / settings.name
        self._period = settings.picture_seconds
        self._stopping = threading.Event()
        self.taken = 0
        self.fault = None

    def run(self):
        while not self._stopping.wait(self._period):
            try:
                self._take()
                self.fault = None
            except OSError as error:
                self.fault = f"Camera: {error}"
                log.error("no picture: %s", error)

    def _take(self):
        now = time.time()
        day = self._directory / time.strftime("%Y-%m-%d", time.localtime(now))
        day.mkdir(parents=True, exist_ok=True)
        moment = time.strftime("%H-%M-%S", time.localtime(now)) + f".{int(now * 1000) % 1000:03d}"
        part = day / f".{moment}.part"
        part.write_bytes(png(self.taken % 256))
        os.replace(part, day / f"{moment}.png")
        self.taken += 1

    def shut_down(self):
        self._stopping.set()
        self.join(timeout=2)
