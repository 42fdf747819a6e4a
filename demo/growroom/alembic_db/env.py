"""Migrates the database of the tree that this file stands in, and no other."""

from logging.config import fileConfig
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

fileConfig(context.config.config_file_name)

database = Path(__file__).resolve().parent.parent / "databases" / "growroom.db"
engine = create_engine(f"sqlite:///{database}", poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
