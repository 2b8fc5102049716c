"""Floor 3, pure: rules, gates and scores."""
