"""A provider's line, for tests of the drain's steps."""


class Line:
    """A provider's line that answers as told: an id, or a failure."""

    at_once = 1

    def __init__(self, *answers):
        self.answers = list(answers)
        self.handed = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def send(self, message):
        self.handed.append(message)
        answer = self.answers.pop(0) if self.answers else f"SM{len(self.handed)}"
        if isinstance(answer, Exception):
            raise answer
        return answer
