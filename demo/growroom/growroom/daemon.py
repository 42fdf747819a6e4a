"""The daemon: measures, writes down, steers, and tells how it is on http://BIND:PORT/status."""

import logging
import sqlite3
import time

from growroom.camera import Camera
from growroom.config import ALEMBIC_VERSION, GROWROOM_VERSION
from growroom.measurement import measurement
from growroom.outputs import OutputController
from growroom.sensors import Sensors
from growroom.service import StopSignal, open_log, tell_systemd
from growroom.settings import Settings
from growroom.status import StatusServer
from growroom.store import Store, WrongSchema
from growroom.targets import targets

from growroom_units import celsius_to_fahrenheit

log = logging.getLogger("growroom.daemon")

STALE_SECONDS = 5


class Daemon:
    def __init__(self, settings):
        self.settings = settings
        self._stop = StopSignal()
        self._started = time.monotonic()
        self._last_row = None
        self._latest = {}
        self._fault = "Starting"
        self._store = Store(settings.database, ALEMBIC_VERSION)
        self._targets = targets(settings, self._store.settings())
        self._sensors = Sensors()
        self._outputs = OutputController()
        self._camera = Camera(settings)

    def status(self):
        error = self._error()
        return {
            "app": "growroom",
            "room": self.settings.name,
            "version": GROWROOM_VERSION,
            "revision": self._store.revision,
            "rows": self._store.rows,
            "last_acked": self._store.last_acked,
            "healthy": error is None,
            "error": error,
            "uptime": round(time.monotonic() - self._started, 3),
            "pictures": self._camera.taken,
            **self._latest,
        }

    def _error(self):
        if self._fault:
            return self._fault
        if time.monotonic() - self._last_row > STALE_SECONDS:
            return "Measurements have stopped"
        return self._outputs.fault or self._camera.fault

    def run(self):
        server = StatusServer(self.settings, self.status)
        server.start()
        self._outputs.start()
        self._camera.start()
        log.info("growroom %s controls %s, answers on %s:%d, last acknowledged %d", GROWROOM_VERSION,
                 self.settings.name, self.settings.bind, self.settings.port, self._store.last_acked)
        try:
            self._measure_until_stopped()
        finally:
            self._outputs.shut_down()
            self._camera.shut_down()
            server.stop()
            self._store.close()
            log.info("stopped, last acknowledged %d", self._store.last_acked)

    def _measure_until_stopped(self):
        period = 1.0 / self.settings.rows_per_second
        due = time.monotonic()
        ready = False
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            self._measure(period)
            if not ready and self._fault is None:
                ready = True
                tell_systemd("READY=1")
            due = max(due + period, time.monotonic())

    def _measure(self, seconds):
        heater, pump = self._outputs.relays["heater"], self._outputs.relays["pump"]
        temperature, humidity = self._sensors.read(heater, pump, seconds)
        self._outputs.aim(temperature, humidity, self._targets)
        try:
            self._store.append(measurement(temperature, humidity, heater, pump))
        except sqlite3.Error as error:
            if self._fault is None:
                log.error("the database does not take measurements: %s", error)
            self._fault = f"Database: {error}"
            return
        self._fault = None
        self._last_row = time.monotonic()
        self._latest = {
            "temperature": temperature,
            "fahrenheit": celsius_to_fahrenheit(temperature),
            "humidity": humidity,
            "heater": heater,
            "pump": pump,
        }


def run():
    settings = Settings()
    open_log(settings, "growroom")
    try:
        daemon = Daemon(settings)
    except (WrongSchema, sqlite3.Error, OSError) as error:
        log.error("cannot start: %s", error)
        return 1
    try:
        daemon.run()
    except OSError as error:
        log.error("cannot serve %s:%d: %s", settings.bind, settings.port, error)
        return 1
    return 0
