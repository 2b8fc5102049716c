"""Floor 3, pure: contract and raw batch to statements with reason codes."""
