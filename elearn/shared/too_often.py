"""Something is done too often: whoever does it waits."""


class TooOften(Exception):
    """There was too much of this lately; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds
