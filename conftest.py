"""What every test session of the house obeys, wherever pytest is started."""

from hypothesis import settings

pytest_plugins = ["tests.strictness"]

# Deterministic, and no judgement by the clock: a busy machine is no fault of the code.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
