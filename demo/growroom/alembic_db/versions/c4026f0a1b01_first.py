"""The log book and the user's settings."""

import sqlalchemy as sa
from alembic import op

revision = 'c4026f0a1b01'
down_revision = None


def upgrade():
    op.create_table(
        'measurements',
        sa.Column('seq', sa.Integer, primary_key=True),
        sa.Column('at', sa.Float, nullable=False),
        sa.Column('temperature', sa.Float, nullable=False),
        sa.Column('humidity', sa.Float, nullable=False),
        sa.Column('heater', sa.Integer, nullable=False),
        sa.Column('pump', sa.Integer, nullable=False))
    settings = op.create_table(
        'settings',
        sa.Column('key', sa.Text, primary_key=True),
        sa.Column('value', sa.Text, nullable=False))
    op.bulk_insert(settings, [{'key': 'target_temperature', 'value': '24.0'}])
