"""A lower floor asks, upper floors answer: a typed, named list that they fill in `ready()`."""

from collections.abc import Iterator
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Registry(Generic[Answer]):
    """Named answers to one question. A second answer of the same name is a mistake and refused."""

    def __init__(self, question: str) -> None:
        self.question = question
        self._answers: dict[str, Answer] = {}

    def register(self, name: str, answer: Answer) -> None:
        """Add an answer; registering the very same object again changes nothing."""
        if self._answers.get(name, answer) is not answer:
            raise ValueError(f"{self.question}: {name} is registered already")
        self._answers[name] = answer

    def __getitem__(self, name: str) -> Answer:
        return self._answers[name]

    def __contains__(self, name: str) -> bool:
        return name in self._answers

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._answers.values())

    def names(self) -> list[str]:
        """The names registered, in order."""
        return sorted(self._answers)
