"""Floor 3, pure: from links to the surviving values of an entity."""
