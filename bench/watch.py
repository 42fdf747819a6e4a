#!/usr/bin/env python3
"""Asks an app how it is, fifty times a second, and prints each time that it was not there: from its
last good answer to the next one, in seconds. Ends with its standard input."""

import json
import select
import sys
import time
import urllib.request

url, pause = sys.argv[1], 0.02
last, is_down = None, False
print("READY", flush=True)
while True:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            is_good = json.load(answer)["healthy"]
    except (OSError, ValueError, KeyError):
        is_good = False
    now = time.monotonic()
    if is_good:
        if is_down:
            print(f"{now - last:.3f}", flush=True)
        last, is_down = now, False
    else:
        is_down = last is not None
    if select.select([sys.stdin], [], [], pause)[0] and not sys.stdin.read(1):
        break
