"""Floor 3, pure: from records to links."""
