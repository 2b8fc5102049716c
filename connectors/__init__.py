"""Floor 3, hands: databases and files to Arrow batches of text."""
