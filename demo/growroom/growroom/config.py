"""Which release this is, and the schema it wants. Tools read this file as text: keep it to plain constants."""

GROWROOM_VERSION = '4.0.26'
ALEMBIC_VERSION = 'c4026f0a1b01'
