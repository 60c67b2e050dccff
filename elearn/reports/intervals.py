"""Intervals for few people: Student's t for the mean of differences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean, stdev

LEVEL = 0.95
SLICES = 2_000
WIDEST = 700.0


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval, in the unit of the values."""

    mean: float
    low: float
    high: float


def of_mean(values: Sequence[float]) -> Interval | None:
    """The mean of values and its interval: mean plus or minus t times the standard error; None for fewer than two.

    For the differences of pairs this is the paired t interval (Altman, *Practical Statistics for Medical Research*, 9.5).
    """
    if len(values) < 2:
        return None
    centre = mean(values)
    half = t_quantile(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(centre, centre - half, centre + half)


@cache
def t_quantile(freedom: int) -> float:
    """What Student's t with so many degrees of freedom stays below, in size, with a probability of 95 %."""
    low, high = 0.0, WIDEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < LEVEL else (low, middle)
    return (low + high) / 2


def _within(limit: float, freedom: int) -> float:
    """The probability that t lies between -limit and limit: with t = sqrt(n) tan(a), the integral of cos(a) ** (n - 1)."""
    return _power_of_cosine(math.atan(limit / math.sqrt(freedom)), freedom - 1) / _power_of_cosine(
        math.pi / 2, freedom - 1
    )


def _power_of_cosine(limit: float, power: int) -> float:
    """The integral of cos(a) ** power from 0 to `limit`, by Simpson's rule."""
    step = limit / SLICES
    total = 1.0 + math.cos(limit) ** power
    for number in range(1, SLICES):
        total += (4 if number % 2 else 2) * math.cos(number * step) ** power
    return total * step / 3
