"""What nobody sends from a page of ours: places that are none, and stored answers of another shape."""

from typing import Any

BAD_PLACES = [
    *("0", "9", "-1", "+1", "1.0", "1e0", "01", "10", " 1", "1 ", "1\n", "1\x00", "NaN", "inf", "None", "true", "a"),
    *("１", "١", "²", "①", "1\u0301", "'", "{}", "[1]", str(2**63), "9" * 5000, "an-item-1"),
]
STRANGE: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**63, 1.5, float("nan"), float("inf"), "", "a", "1", [], {}, [None], [[]], [{}]),
    *({"a": 1}, {"a": []}, {"a": {}}, ["a", ["b"]], {"": ""}, ["z"], "a" * 5000, {"1": "1"}, [1, 2], [float("nan")]),
]


def wrapped(*names: str) -> list[Any]:
    """Each strange thing as a whole response, and under each of the names that a type looks for."""
    return [*STRANGE, *({name: thing} for name in names for thing in STRANGE)]
