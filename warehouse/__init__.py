"""Floor 3, hands: lake, ledger, serving database, keys."""
