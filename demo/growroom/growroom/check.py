"""One line about the daemon: GOOD, or Error: and why."""

import json
import urllib.error
import urllib.request

from growroom.settings import Settings

TIMEOUT_SECONDS = 5


def ask(settings):
    """The daemon's status, also when it is unwell. Raises OSError when it does not answer."""
    try:
        with urllib.request.urlopen(settings.daemon_url + "/status", timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as answer:
        if answer.code != 503:
            raise
        return json.load(answer)


def run():
    try:
        status = ask(Settings())
    except (OSError, ValueError) as error:
        print(f"Error: the daemon does not answer: {error}")
        return 1
    if not status["healthy"]:
        print(f"Error: {status['error']}")
        return 1
    print("GOOD")
    return 0
