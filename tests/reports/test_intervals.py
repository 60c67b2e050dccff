"""Student's t, and the interval of a mean of few differences."""

from math import sqrt

import pytest

from elearn.content.schema import Outcome
from elearn.quizzes.rules import Gain, Share
from elearn.reports.intervals import of_mean, t_quantile
from elearn.reports.rules import FEWEST_FOR_GAINS, cohort_gain


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    # Fisher and Yates, Statistical Tables, table III, two-sided 5 %
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (7, 2.365), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_t_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert t_quantile(freedom) == pytest.approx(quantile, abs=6e-4)


def test_an_interval_by_hand() -> None:
    """1, 2, 3, 4, 5: mean 3, standard deviation sqrt(2.5), standard error sqrt(0.5)."""
    found = of_mean([1, 2, 3, 4, 5])
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx(
        (3, 3 - 2.7764 * sqrt(0.5), 3 + 2.7764 * sqrt(0.5)), abs=1e-3
    )


@pytest.mark.parametrize("values", [[], [0.5]])
def test_one_value_has_no_interval(values: list[float]) -> None:
    assert of_mean(values) is None


OUTCOME = Outcome(id="one", text="Know one thing")


def gain(before: int, after: int) -> Gain:
    return Gain(OUTCOME, Share(before, 2), Share(after, 4))


def test_a_cohort_s_gain_by_hand() -> None:
    """Differences of 0.5, 0.5, 0, 1 and 0.5: mean 0.5, standard error sqrt(0.125 / 5)."""
    found = cohort_gain(OUTCOME, [gain(1, 4), gain(0, 2), gain(1, 2), gain(0, 4), gain(1, 4)])
    assert found.people == 5
    assert (found.before, found.after) == pytest.approx((0.3, 0.8))
    assert found.interval is not None
    assert found.interval.mean == pytest.approx(0.5)
    assert found.interval.high == pytest.approx(0.5 + 2.7764 * sqrt(0.125 / 5), abs=1e-3)


def test_too_few_people_give_no_figure() -> None:
    found = cohort_gain(OUTCOME, [gain(1, 4)] * (FEWEST_FOR_GAINS - 1))
    assert (found.people, found.before, found.after, found.interval) == (FEWEST_FOR_GAINS - 1, 0.0, 0.0, None)
