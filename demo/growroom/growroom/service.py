"""What both processes need of the system: to be told to stop, to say that they are ready, a log."""

import logging
import logging.handlers
import os
import signal
import socket


class StopSignal:
    """SIGTERM or SIGINT, waited for instead of handled: a handler could run in the middle of anything.

    Make it before the first thread, so that every thread has the signals blocked."""

    SIGNALS = {signal.SIGTERM, signal.SIGINT}

    def __init__(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, self.SIGNALS)
        self._seen = False

    def wait(self, seconds=None):
        """Sleeps, and says whether it is time to stop; without a number it sleeps until then."""
        if seconds is None:
            signal.sigwait(self.SIGNALS)
            self._seen = True
        elif not self._seen:
            self._seen = signal.sigtimedwait(self.SIGNALS, seconds) is not None
        return self._seen


def tell_systemd(message):
    """sd_notify(3); does nothing where systemd did not start us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.sendto(message.encode(), "\0" + address[1:] if address[0] == "@" else address)


def open_log(settings, name):
    handlers = [logging.StreamHandler()]
    try:
        settings.log.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.handlers.RotatingFileHandler(
            settings.log / f"{name}.log", maxBytes=4 << 20, backupCount=2))
    except OSError as error:
        print(f"growroom: no log in {settings.log}: {error}", flush=True)
    logging.basicConfig(level=logging.INFO, handlers=handlers,
                        format="%(asctime)s %(levelname)s %(name)s: %(message)s")
