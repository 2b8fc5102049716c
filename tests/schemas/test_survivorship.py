from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.standard_file import load_standard
from schemas.survivorship import FieldPolicy, SurvivorshipPolicy, load_survivorship, standing_policy

SOUND = """\
marriage:
  kind: {lead: civil, else: [police, "*"]}
  registered_on: {lead: civil}
  registration_number: {newest_of: [civil, "*"], valid: true, fades: 3y}
  authority: {lead: civil}
  division: {lead: civil}
"""


def load(folder: Path, text: str) -> SurvivorshipPolicy:
    path = folder / "marriage.yaml"
    path.write_text(text, encoding="utf-8")
    return load_survivorship(path, load_standard(), ["civil", "police"])


def test_a_policy_names_who_leads_and_who_stands_in(tmp_path: Path) -> None:
    policy = load(tmp_path, SOUND)
    assert policy.field("kind") == FieldPolicy("kind", lead="civil", otherwise=("police", "*"))
    assert policy.field("registered_on") == FieldPolicy("registered_on", lead="civil")
    assert policy.field("registration_number") == FieldPolicy(
        "registration_number", newest_of=("civil", "*"), valid=True, fades_months=36
    )
    assert [(field.field, field.rule) for field in policy.fields] == [
        ("kind", "lead"), ("registered_on", "lead"), ("registration_number", "newest_of"),
        ("authority", "lead"), ("division", "lead"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("marriage:", "mariage:", 1, "did you mean 'marriage'"),
        ("marriage:", "person:", 1, "the file's own name"),
        ("  kind:", "  knd:", 2, "did you mean 'kind'"),
        ("  registered_on: {lead: civil}\n", "", 1, "the key 'registered_on', which is missing"),
        ("lead: civil, else", "lead: cvil, else", 2, "did you mean 'civil'"),
        ("[police,", "[polce,", 2, "did you mean 'police'"),
        ('[police, "*"]', '["*", police]', 2, "at the end"),
        ("{lead: civil}", "{}", 3, "keys: lead"),
        ("{lead: civil}", "{else: civil}", 3, "either `lead` or `newest_of`"),
        ("{lead: civil}", "{lead: civil, newest_of: civil}", 3, "either `lead` or `newest_of`"),
        ("valid: true", "else: police", 4, "`lead` beside `else`"),
        ("fades: 3y", "fades: 3", 4, "3y or 18mo"),
        ("fades: 3y", "fade: 3y", 4, "did you mean 'fades'"),
        ("valid: true", "valid: ja", 4, "true or false"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, line: int, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        load(tmp_path, SOUND.replace(old, new, 1))
    assert caught.value.line == line


def test_without_a_policy_the_lead_of_the_standard_decides_where_the_city_has_it() -> None:
    death = load_standard().entities["death"]
    policy = standing_policy(death, ["health", "police_population"])
    assert policy.field("died_on") == FieldPolicy("died_on", lead="health", otherwise=("*",))
    assert policy.field("cancelled_on") == FieldPolicy("cancelled_on", lead="police_population", otherwise=("*",))
    assert policy.field("cremated_on") == FieldPolicy("cremated_on", newest_of=("*",))
    assert [field.field for field in policy.fields] == [field.name for field in death.fields]
