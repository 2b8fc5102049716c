"""The demo city: synthetic departments of a 秦皇岛-like city, with known truth. It imports nothing of the product."""
