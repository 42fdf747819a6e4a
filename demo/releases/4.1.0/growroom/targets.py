"""The climate that the room should have: the crop's, unless the user has set another."""

import json
import time

DAY_HOURS = range(6, 22)


def targets(settings, stored):
    crop = json.loads((settings.root / "plants" / f"{settings.crop}.json").read_text(encoding="utf-8"))
    key = "day_temperature" if time.localtime().tm_hour in DAY_HOURS else "night_temperature"
    return {
        "temperature": settings.overrides.get("TARGET_TEMPERATURE", float(stored.get(key, crop[key]))),
        "humidity": settings.overrides.get("TARGET_HUMIDITY", crop["humidity"]),
    }
