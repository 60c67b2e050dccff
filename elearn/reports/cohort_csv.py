"""A cohort's table as a spreadsheet takes it: one value a cell, numbers as numbers, and who took it away when."""

from collections.abc import Iterator, Sequence

from elearn.reports.queries import CohortReport
from elearn.reports.rules import Best, Row
from elearn.shared.csv_export import Cell, csv_lines


def cohort_csv(report: CohortReport, rows: Sequence[Row], exported_by: str, exported_at: str) -> Iterator[bytes]:
    """The file, line by line. Points and possible stand apart: a spreadsheet takes 6/8 for a day in August."""
    header = ["Name", "E-mail", "E-mail confirmed", "Status", "Steps done", "Steps in all", "Attempts"]
    for quiz in report.quizzes:
        header += [f"{quiz.title}: best mark", f"{quiz.title}: possible"]
    header += ["Quizzes passed", "Quizzes in all", "Certificate date", "Exported by", "Exported at"]
    return csv_lines(header, (_cells(report, row, exported_by, exported_at) for row in rows))


def _cells(report: CohortReport, row: Row, exported_by: str, exported_at: str) -> list[Cell]:
    joined = row.steps is not None
    confirmed = ("yes" if row.email_confirmed else "no") if joined else ""
    cells: list[Cell] = [row.name, row.email, confirmed, row.status, row.steps, report.steps, row.attempts]
    for best in row.best or (None,) * len(report.quizzes):
        cells += _mark(best)
    return [*cells, row.passed, len(report.quizzes), row.certificate, exported_by, exported_at]


def _mark(best: Best | None) -> tuple[Cell, Cell]:
    return (best.points, best.possible) if best else (None, None)
