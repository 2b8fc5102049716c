"""What every test session of the house obeys, wherever pytest is started."""

import gc

from hypothesis import settings

pytest_plugins = ["tests.strictness"]

# Deterministic, and no judgement by the clock: a busy machine is no fault of the code.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """What every test module has imported stays to the end: no garbage collection need look through it again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Hand back what was kept from it: libraries look for what they leak when the program ends."""
    gc.unfreeze()
