"""The log book: SQLite in WAL mode. A row counts as acknowledged once its commit has returned."""

import sqlite3


class WrongSchema(Exception):
    pass


class Store:
    """Belongs to the thread that made it."""

    BUSY_TIMEOUT_SECONDS = 5

    def __init__(self, path, wanted_revision):
        if not path.exists():
            raise WrongSchema(f"there is no database at {path}: run `growroom init`")
        self._db = sqlite3.connect(path, timeout=self.BUSY_TIMEOUT_SECONDS, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")  # an acknowledged row survives a power cut
        self.revision = self._db.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        if self.revision != wanted_revision:
            raise WrongSchema(f"the database is at {self.revision}, this release wants {wanted_revision}")
        self.rows, last = self._db.execute("SELECT count(*), max(seq) FROM measurements").fetchone()
        self.last_acked = last or 0

    def settings(self):
        return dict(self._db.execute("SELECT key, value FROM settings"))

    def append(self, measurement):
        row = {"seq": self.last_acked + 1, **measurement}
        columns = ", ".join(row)
        marks = ", ".join(f":{column}" for column in row)
        self._db.execute(f"INSERT INTO measurements ({columns}) VALUES ({marks})", row)
        self.last_acked = row["seq"]
        self.rows += 1

    def close(self):
        self._db.close()
