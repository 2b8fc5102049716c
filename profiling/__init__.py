"""Floor 3, pure: what a table that nobody knows yet seems to hold, and the contract it seems to want."""
