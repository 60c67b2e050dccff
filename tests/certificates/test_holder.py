import pytest
from hypothesis import given
from hypothesis import strategies as st

from elearn.certificates.holder import Holder, matches, plain, proves

SALT = "00112233445566778899aabbccddeeff"
NAMES = st.text(min_size=1, max_size=80).filter(lambda name: plain(name) != "")


@pytest.mark.parametrize(
    ("typed", "family_name"),
    [
        ("Khan", "Khan"),
        ("khan", "KHAN"),
        ("Müller", "Muller"),
        ("muller", "Müller"),
        ("O'Brien", "O’Brien"),
        ("obrien", "O'Brien"),
        ("Smith Jones", "Smith-Jones"),
        ("smithjones", "Smith‑Jones"),
        ("Straße", "STRASSE"),
        ("Lukaszewicz", "Łukaszewicz"),
        ("Soerensen", "Sœrensen"),
        ("Sorensen", "Sørensen"),
        ("Nguyen", "Nguyễn"),
        ("van  der  Berg", "Van der Berg"),
        ("كحان", "كَحان"),
        ("李", "李"),
        ("ﬁnch", "Finch"),
        ("Şahin", "S\u0327ahin"),
    ],
)
def test_a_name_matches_however_it_is_typed(typed: str, family_name: str) -> None:
    assert matches(typed, family_name)


@pytest.mark.parametrize(
    ("typed", "family_name"),
    [("Kahn", "Khan"), ("Kha", "Khan"), ("Khann", "Khan"), ("", "Khan"), (" - ", "Khan"), ("李", "王"), ("", "")],
)
def test_another_name_does_not(typed: str, family_name: str) -> None:
    assert not matches(typed, family_name)


@given(NAMES)
def test_every_name_matches_itself(name: str) -> None:
    assert matches(name, name)
    assert matches(f" {name} ", name)


def test_the_commitment_binds_every_part_and_the_salt() -> None:
    holder = Holder("Amina", "Khan", "GMC 1")
    others = [
        Holder("Amin", "Khan", "GMC 1"),
        Holder("Amin", "aKhan", "GMC 1"),
        Holder("Amina", "Khan", ""),
        Holder("Amina", "Khán", "GMC 1"),
    ]
    commitment = holder.commitment(SALT)
    assert proves(holder, SALT, commitment)
    assert proves(holder, " ".join(SALT.upper()), commitment)
    assert not any(proves(other, SALT, commitment) for other in others)
    assert not proves(holder, "0" * 32, commitment)
    assert not proves(holder, "not hex", commitment)
    assert len({holder.commitment(SALT), holder.digest, commitment}) == 2
