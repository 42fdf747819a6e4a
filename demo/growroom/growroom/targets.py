"""The climate that the room should have: the crop's, unless the user has set another."""

import json


def targets(settings, stored):
    crop = json.loads((settings.root / "plants" / f"{settings.crop}.json").read_text(encoding="utf-8"))
    temperature = float(stored.get("target_temperature", crop["day_temperature"]))
    return {
        "temperature": settings.overrides.get("TARGET_TEMPERATURE", temperature),
        "humidity": settings.overrides.get("TARGET_HUMIDITY", crop["humidity"]),
    }
