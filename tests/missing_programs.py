"""Says which tests `make test` leaves out on this machine for want of a system program, one line each."""

import shutil

NEEDED = {
    "chromium": "the browser journeys (tests/journeys): install Debian's chromium",
    "pdftotext": "reading certificates as a person copies from them: install poppler-utils",
}

# What does as well.
INSTEAD = {"chromium": ("chromium-headless-shell",)}


def missing() -> dict[str, str]:
    """The programs that are not here, with what is left out."""
    return {
        program: words
        for program, words in NEEDED.items()
        if not any(map(shutil.which, (program, *INSTEAD.get(program, ()))))
    }


if __name__ == "__main__":
    for program, words in missing().items():
        print(f"LEFT OUT, no {program}: {words}")  # noqa: T201
