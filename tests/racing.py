"""Running the same thing many times at once, with a barrier, so that races show."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import TypeVar

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """Run all of `works` in threads that start together; gives their results. Raises the first error of any."""
    barrier = Barrier(len(works))
    results: list[tuple[int, T]] = []
    errors: list[BaseException] = []

    def run(place: int, work: Callable[[], T]) -> None:
        barrier.wait()
        try:
            results.append((place, work()))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            errors.append(error)

    threads = [Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [result for _, result in sorted(results, key=lambda pair: pair[0])]
