"""A tent that behaves like one: it cools towards the room around it, and dries out."""

import math

AMBIENT_CELSIUS = 17.0
DRY_PERCENT = 38.0


class Sensors:
    def __init__(self):
        self._temperature = 21.0
        self._humidity = 55.0
        self._ticks = 0

    def read(self, heater, pump, seconds):
        self._ticks += 1
        warming = 0.35 if heater else 0.0
        wetting = 1.4 if pump else 0.0
        self._temperature += seconds * (warming - 0.03 * (self._temperature - AMBIENT_CELSIUS))
        self._humidity += seconds * (wetting - 0.05 * (self._humidity - DRY_PERCENT))
        noise = math.sin(self._ticks * 0.7) * 0.05
        return round(self._temperature + noise, 3), round(min(self._humidity + noise, 100.0), 3)
