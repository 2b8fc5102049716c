import pyarrow as pa

from schemas.standard_file import KINDS as KINDS_OF_THE_STANDARD
from schemas.value_keys import VALUE_KEYS
from values.kinds import KINDS


def test_every_kind_says_here_which_keys_it_has() -> None:
    found = {name: tuple(KINDS[name].keys(pa.array(["1980-01-15"], pa.string()))) for name in VALUE_KEYS}
    assert found == dict(VALUE_KEYS)
    assert set(KINDS_OF_THE_STANDARD) <= set(VALUE_KEYS)
