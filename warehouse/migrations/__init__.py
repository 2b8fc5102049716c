"""Revisions of the hub database's schema, run in process by `Database.migrate`."""
