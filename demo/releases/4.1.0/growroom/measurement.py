"""One line of the room's log book: its keys are the columns of `measurements`."""

import time

from growroom_units import dew_point


def measurement(temperature, humidity, heater, pump):
    return {
        "at": time.time(),
        "temperature": temperature,
        "humidity": humidity,
        "heater": int(heater),
        "pump": int(pump),
        "dew_point": dew_point(temperature, humidity),
    }
