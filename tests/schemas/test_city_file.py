import shutil
from pathlib import Path

import pytest

from schemas.city_file import load_city
from schemas.errors import ConfigurationError

SHIPPED = Path(__file__).parents[2] / "cities" / "qinhuangdao"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped city, to break."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "qinhuangdao"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_broken_contract_leaves_the_others_alone(folder: Path) -> None:
    whole = load_city(folder)
    edit(folder / "departments" / "civil_affairs.yaml", "name: NAME_MAN", "nmae: NAME_MAN")
    city = load_city(folder)
    assert set(city.broken) == {"civil_affairs"}
    assert "did you mean 'name'" in str(city.broken["civil_affairs"])
    assert set(city.contracts) == set(whole.contracts) - {"civil_affairs"}
    assert city.departments == whole.departments


def test_a_contract_that_is_no_yaml_is_broken_too(folder: Path) -> None:
    (folder / "departments" / "police_seal.yaml").write_bytes(b"\xff\xfe\x00")
    assert set(load_city(folder).broken) == {"police_seal"}


def test_a_connection_nobody_named(folder: Path) -> None:
    edit(folder / "departments" / "agriculture.yaml", "connection: agriculture", "connection: agricultur")
    error = load_city(folder).broken["agriculture"]
    assert (error.line, error.nearest) == (4, "agriculture")


def test_a_table_without_file_on_a_folder(folder: Path) -> None:
    edit(folder / "city.yaml", "files://${CITYHUB_HOME}/demo/drop/agriculture", "sqlite:///${CITYHUB_HOME}/a.sqlite")
    assert "no file" in str(load_city(folder).broken["agriculture"])


def test_a_connection_known_only_to_airflow_is_empty(folder: Path) -> None:
    edit(folder / "city.yaml", "  agriculture: files://${CITYHUB_HOME}/demo/drop/agriculture", "  agriculture:")
    city = load_city(folder)
    assert city.connections["agriculture"] == ""
    assert "agriculture" in city.contracts


def test_a_password_from_the_environment_is_no_secret_in_the_file(folder: Path) -> None:
    url = "postgresql://hub:${SEAL_PASSWORD}@db/seals"
    edit(folder / "city.yaml", "sqlite:///${CITYHUB_HOME}/demo/sources/police_seal.sqlite", url)
    assert load_city(folder).connections["police_seal"] == url


SEAL = "sqlite:///${CITYHUB_HOME}/demo/sources/police_seal.sqlite"


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("timezone: Asia/Shanghai", "timezone: Asia/Shanghia", "timezone", "did you mean 'Asia/Shanghai'"),
        ("hub_schedule", "hub_shedule", "hub_shedule", "did you mean 'hub_schedule'"),
        ('"0 6 * * *"', '"0 6 * *"', "hub_schedule", "five fields"),
        ('area_code: "0335"', 'area_code: "335"', "area_code", "an area code like 0335"),
        ('"130300", ', '"1303", ', "divisions:", "6 digits"),
        ("  - 河北秦皇岛\n", "  - 秦皇岛\n", "", "each name once"),
        (SEAL, "postgresql://hub:hunter2@db/seals", "  police_seal:", "without a password"),
        (SEAL, "mysql://db/seals?password=hunter2", "  police_seal:", "without a password"),
        (SEAL, "sqllite:///a.sqlite", "  police_seal:", "did you mean 'sqlite'"),
        (SEAL, "seals.sqlite", "  police_seal:", "a URL that begins with"),
        ("each: record", "each: row", "    each:", "what one anchored entity is"),
        ("number: citizen_id", "number: citizen", "    number:", "did you mean 'citizen_id'"),
        ("department: police_population,", "department: police,", "{department: police,", "a department of this city"),
        ("table: RK_CZRK,", "table: RK_CZRQ,", "RK_CZRQ", "did you mean 'RK_CZRK'"),
        ("statement: business}", "statement: bussiness}", "bussiness", "did you mean 'business'"),
        ("statement: business}", "statement: representative}", "representative}", "a business that YZ_YZXX emits"),
        ("else: registration_number}", "else: regno}", "else: regno}", "the field that anchors a row without"),
        ("else: registration_number}", "else: uscc}", "else: uscc}", "the field that anchors a row without"),
        ("statement: person}", "statement: person, else: name}", "else: name}", "no `else` where each record"),
    ],
)
def test_mistakes_in_city_yaml(folder: Path, old: str, new: str, place: str, expected: str) -> None:
    edit(folder / "city.yaml", old, new)
    with pytest.raises(ConfigurationError, match=expected) as caught:
        load_city(folder)
    text = (folder / "city.yaml").read_text(encoding="utf-8")
    assert caught.value.file.name == "city.yaml"
    assert place in text.splitlines()[caught.value.line - 1]
    assert "hunter2" not in str(caught.value)


def test_a_ladder_without_the_other_number_of_the_register(folder: Path) -> None:
    rung = "same: registration_number, anchored: true"
    edit(folder / "matching" / "business.yaml", rung, "same: registration_number")
    with pytest.raises(ConfigurationError, match=rung):
        load_city(folder)


def test_a_ladder_that_does_not_begin_at_the_register(folder: Path) -> None:
    edit(folder / "matching" / "person.yaml", "same: citizen_id, anchored: true", "same: citizen_id, anchored: false")
    with pytest.raises(ConfigurationError, match="same: citizen_id, anchored: true") as caught:
        load_city(folder)
    assert (caught.value.file.name, caught.value.line) == ("person.yaml", 3)


def test_a_party_without_a_golden_policy(folder: Path) -> None:
    (folder / "golden" / "person.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"person\.yaml:1: .*readable file"):
        load_city(folder)


def test_a_fact_without_a_golden_policy_follows_the_standard(folder: Path) -> None:
    (folder / "golden" / "marriage.yaml").unlink()
    policy = load_city(folder).survivorship["marriage"]
    assert policy.field("kind").lead == "civil_affairs"


def test_a_golden_policy_of_nothing(folder: Path) -> None:
    (folder / "golden" / "vehicles.yaml").write_text("vehicles: {}")
    with pytest.raises(ConfigurationError, match="did you mean 'vehicle'"):
        load_city(folder)


def test_a_matching_file_of_no_entity(folder: Path) -> None:
    (folder / "matching" / "persons.yaml").write_text("entity: persons")
    with pytest.raises(ConfigurationError, match="did you mean 'person'"):
        load_city(folder)


def test_a_city_without_contracts(folder: Path) -> None:
    shutil.rmtree(folder / "departments")
    with pytest.raises(ConfigurationError, match="at least one contract"):
        load_city(folder)


def test_no_city_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"city\.yaml"):
        load_city(tmp_path)
