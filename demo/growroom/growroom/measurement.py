"""One line of the room's log book: its keys are the columns of `measurements`."""

import time


def measurement(temperature, humidity, heater, pump):
    return {
        "at": time.time(),
        "temperature": temperature,
        "humidity": humidity,
        "heater": int(heater),
        "pump": int(pump),
    }
