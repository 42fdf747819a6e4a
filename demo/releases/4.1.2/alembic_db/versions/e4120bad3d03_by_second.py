"""Find measurements by their second."""

import sqlalchemy as sa
from alembic import op

revision = 'e4120bad3d03'
down_revision = 'd4100e7b2c02'


def upgrade():
    op.add_column('measurements', sa.Column('second', sa.Integer))
    op.execute("UPDATE measurements SET second = CAST(at AS INTEGER)")
    op.create_index('measurements_by_second', 'measurements', ['second'], unique=True)
