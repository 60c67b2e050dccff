"""The module with single best answers alone: in its lessons, and in its quizzes, eight to a paper, a point each.

Most tests are about something else than question types, and say "6 of 8" or send one answer to every question. What the
published quizzes hold is tested by tests/content/test_real_module.py and tests/quizzes/test_real_quizzes.py.
"""

from dataclasses import replace

from flask import Flask

from elearn.content.rendering import Placed
from elearn.content.structure import Lesson, Module, Quiz
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.modules import catalogue

LENGTH, FEWEST = 8, 3


def with_plain_quizzes(app: Flask) -> Flask:
    """Let the application offer its modules with plain quizzes. Questions of every kind are still known by their digest."""
    every = dict(app.extensions["elearn.items"])
    catalogue.init_app(app, [plain(module) for module in app.extensions["elearn.catalogue"].values()])
    app.extensions["elearn.items"] |= every
    return app


def plain(module: Module) -> Module:
    """The same module with plain quizzes and plain checks."""
    return replace(
        module,
        lessons={slug: plain_lesson(lesson) for slug, lesson in module.lessons.items()},
        quizzes={slug: plain_quiz(quiz) for slug, quiz in module.quizzes.items()},
    )


def plain_lesson(lesson: Lesson) -> Lesson:
    """The lesson without checks of other kinds."""
    checks = {key: item for key, item in lesson.checks.items() if isinstance(item, SingleBestAnswer)}
    others = lesson.checks.keys() - checks.keys()
    parts = tuple(part for part in lesson.parts if not (isinstance(part, Placed) and part.id in others))
    return replace(lesson, checks=checks, parts=parts)


def plain_quiz(quiz: Quiz) -> Quiz:
    """The quiz with single best answers alone, from up to four cells of its blueprint, eight to a paper."""
    items = [item for item in quiz.items if isinstance(item, SingleBestAnswer)]
    counts = {cell.objective: sum(item.objective == cell.objective for item in items) for cell in quiz.blueprint}
    cells = [cell for cell in quiz.blueprint if counts[cell.objective] >= FEWEST][:4]
    if not cells:
        return quiz
    share, more = divmod(LENGTH, len(cells))
    drawn = [cell.model_copy(update={"draw": share + (n < more)}) for n, cell in enumerate(cells)]
    kept = {cell.objective for cell in cells}
    return replace(quiz, blueprint=tuple(drawn), items=tuple(item for item in items if item.objective in kept))
