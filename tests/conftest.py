"""Fixtures every room may use: real database servers, started only when a test asks for one."""

from __future__ import annotations

from tests.mariadb import mariadb_database, mariadb_server, mariadb_url
from tests.postgres import postgres_database, postgres_server, postgres_url

__all__ = [
    "mariadb_database",
    "mariadb_server",
    "mariadb_url",
    "postgres_database",
    "postgres_server",
    "postgres_url",
]
