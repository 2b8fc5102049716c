"""Floor 2: one file per kind of value, the same verbs in each: clean, check, keys, compare, mask."""
