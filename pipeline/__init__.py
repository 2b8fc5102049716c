"""Floor 4: the story. Each stage is load, pure call, store."""
