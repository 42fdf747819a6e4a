"""The dew point of every measurement, also of the old ones; a temperature for the night."""

import sqlalchemy as sa
from alembic import op

revision = 'd4100e7b2c02'
down_revision = 'c4026f0a1b01'


def upgrade():
    op.add_column('measurements', sa.Column('dew_point', sa.Float))
    op.execute("UPDATE measurements SET dew_point = round(temperature - (100.0 - humidity) / 5.0, 3)")
    op.execute("UPDATE settings SET key = 'day_temperature' WHERE key = 'target_temperature'")
    op.execute("INSERT INTO settings (key, value) "
               "SELECT 'night_temperature', CAST(CAST(value AS REAL) - 6 AS TEXT) "
               "FROM settings WHERE key = 'day_temperature'")
