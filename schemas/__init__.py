"""Floor 1: the vocabulary of the house — the standard, contracts, code tables, reasons and errors."""
