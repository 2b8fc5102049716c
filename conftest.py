"""What every test session of the house obeys, wherever pytest is started."""

pytest_plugins = ["tests.strictness"]
