"""Switches heater and pump, a little apart from the measuring so that a slow relay delays no reading."""

import logging
import threading

log = logging.getLogger("growroom.outputs")


class OutputController(threading.Thread):
    PERIOD_SECONDS = 0.25
    HYSTERESIS = 0.4

    def __init__(self):
        super().__init__(name="outputs", daemon=True)
        self.relays = {"heater": False, "pump": False}
        self.fault = None
        self._wanted = None
        self._stopping = threading.Event()

    def aim(self, temperature, humidity, targets):
        self._wanted = (temperature, humidity, targets)

    def run(self):
        try:
            while not self._stopping.wait(self.PERIOD_SECONDS):
                if self._wanted is not None:
                    self._switch(*self._wanted)
        except Exception as error:  # whatever it is: without outputs the room is not controlled
            self.fault = "Output controller"
            log.exception("the output controller has ended: %s", error)

    def _switch(self, temperature, humidity, targets):
        self._set("heater", temperature, targets["temperature"])
        self._set("pump", humidity, targets["humidity"])

    def _set(self, relay, value, target):
        if value < target - self.HYSTERESIS:
            self.relays[relay] = True
        elif value > target + self.HYSTERESIS:
            self.relays[relay] = False

    def shut_down(self):
        self._stopping.set()
        self.join(timeout=2)
        self.relays = {name: False for name in self.relays}
        log.info("heater and pump are off")
