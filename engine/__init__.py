"""Floor 2: runs named SQL steps and Arrow-batch functions on relations handed to it."""
