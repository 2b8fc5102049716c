"""Floor 3, pure: what people have to decide, in which order, and what a decision says."""
