"""Lists in pages: always of one size, always in one order, and a page that does not exist is the nearest that does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page of a list of `total` things, counted from 1."""

    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many things come before this page."""
        return (self.number - 1) * self.size

    @property
    def first_shown(self) -> int:
        """The place in the list of the first thing shown, from 1; 0 for an empty list."""
        return min(self.offset + 1, self.total)

    @property
    def last_shown(self) -> int:
        """The place in the list of the last thing shown."""
        return min(self.offset + self.size, self.total)


def page_of(asked: str | None, size: int, total: int) -> Page:
    """The page that an address asks for, whatever it says: no number is page 1, too great a number is the last page."""
    digits = (asked or "").strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1
    last = Page(1, size, total).last
    return Page(min(max(number, 1), last), size, total)
