"""Faults for processes that a test starts but does not run: put on their search path, never on the product's."""
