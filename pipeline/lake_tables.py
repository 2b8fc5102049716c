"""The names of the lake's tables: the one place that says where each kind of content lives."""

from __future__ import annotations


def raw_table(department: str, table: str) -> str:
    """Rows as the source had them, partitioned by batch."""
    return f"raw/{department}/{table}"


def replays_table(department: str, table: str) -> str:
    """Which rows of an older batch a replay of some rows takes again: row numbers, partitioned by selection."""
    return f"replays/{department}/{table}"


def standing_table(department: str, table: str) -> str:
    """The rows of a source table that stand: source key, row hash, batch, row number, contract fingerprint, time."""
    return f"standing/{department}/{table}"


def vanished_table(department: str, table: str) -> str:
    """What a landing found out about keys without a raw row (`absent`, `twin`), partitioned by batch."""
    return f"vanished/{department}/{table}"


def current_table(department: str, entity: str) -> str:
    """A department's current statements of an entity, one row a record id."""
    return f"current/{department}/{entity}"


def history_table(department: str, entity: str) -> str:
    """The statements a department's batches added, changed or withdrew, partitioned by batch."""
    return f"statements/{department}/{entity}"


def quarantine_table(department: str) -> str:
    """Rows and statements refused, each with its reason, partitioned by batch."""
    return f"quarantine/{department}"


def links_table(entity: str) -> str:
    """The decision about every record of an entity, one row a record id."""
    return f"links/{entity}"


def identity_table(entity: str) -> str:
    """Every hub id ever given to an entity, one row a hub id."""
    return f"identity/{entity}"


def former_states_table(entity: str) -> str:
    """What register rows said of themselves before: their numbers and names; append only."""
    return f"former_states/{entity}"


def identity_history_table(entity: str) -> str:
    """Every state a hub id ever had, append only, partitioned by the commit that brought it."""
    return f"identity_history/{entity}"


def block_keys_table(entity: str) -> str:
    """The block keys of register rows and of records that evidence was heard for, one row a record id."""
    return f"block_keys/{entity}"


def golden_table(entity: str) -> str:
    """The surviving values, one row a hub id or fact id."""
    return f"golden/{entity}"


def ties_table(entity: str) -> str:
    """What each branch and sole trader belongs to, one row a hub id that has a tie."""
    return f"ties/{entity}"


def fact_members_table(entity: str) -> str:
    """Which golden fact each fact statement belongs to, or that it waits for a party; one row a record id."""
    return f"fact_members/{entity}"


def links_history_table(entity: str) -> str:
    """Every decision ever made, append only, partitioned by commit."""
    return f"links_history/{entity}"


def problems_table(department: str) -> str:
    """Every row that ever broke a rule, one row a fingerprint: since when, until when, mended or not."""
    return f"problems/{department}"
