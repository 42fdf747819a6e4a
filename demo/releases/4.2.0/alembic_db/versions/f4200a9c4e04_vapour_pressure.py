"""The vapour pressure deficit of every measurement; computed by the library that 4.2.0 brings along."""

import sqlalchemy as sa
from alembic import op

from growroom_vpd import vapour_pressure_deficit

revision = 'f4200a9c4e04'
down_revision = 'd4100e7b2c02'

BATCH_ROWS = 5000


def upgrade():
    op.add_column('measurements', sa.Column('vpd', sa.Float))
    database = op.get_bind()
    newer = sa.text("SELECT seq, temperature, humidity FROM measurements "
                    "WHERE seq > :after ORDER BY seq LIMIT :rows")
    write = sa.text("UPDATE measurements SET vpd = :vpd WHERE seq = :seq")
    after = 0
    while batch := database.execute(newer, {"after": after, "rows": BATCH_ROWS}).fetchall():
        database.execute(write, [
            {"seq": seq, "vpd": vapour_pressure_deficit(temperature, humidity)}
            for seq, temperature, humidity in batch])
        after = batch[-1][0]
