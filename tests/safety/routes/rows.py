"""What a row of the table says.

Whoever asks is one of these:

| name | who |
|---|---|
| anonymous, closed | nobody; somebody whose account was closed, by a token or session left over |
| own, team | the client's primary counselor; a counselor on the care team |
| cleo | a counselor of the facility who has nothing to do with the client |
| ended | one whose time on the care team has ended |
| left | one whose role at the facility has ended, and who has no other |
| supervisor, other_sup | the clinical supervisor of `own` and `team`; the one of `cleo` |
| nurse, nurse_off | the nurse, where the client is on the unit, and where not |
| intake | intake |
| desk, desk_off | the front desk, where the client has an appointment, and where not |
| manager, privacy, admin | program manager, privacy officer, administrator |

Of another facility: own (a counselor), supervisor, nurse, intake, desk, manager, privacy, admin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALL = "own team cleo other_sup ended left supervisor nurse nurse_off intake desk desk_off manager privacy admin"
THERE = "own supervisor nurse intake desk manager privacy admin"
NOBODY = "anonymous closed"
API = "/api/v1/"


@dataclass(frozen=True)
class Row:
    """A method on a route; who gets which status. Everybody is decided, by name or by `rest`.

    `yes` get `ok`; `no` get 403; `odd` get the status they stand at; the others get `rest`.
    `nobody` is what the anonymous and the closed get. `there` is for who works at the other
    facility and asks about this one's: a status for all of them, or who gets which, with `rest`.

    `undone` are those who are answered with `ok` as well, but for whom nothing may change (a page
    that leads back and says why not). `shows` names the thing that a list holds for `seen` alone.
    `signed`: as the provider of text messages signs. `slow`: only a few ask,
    because it takes half a second. `{name}` in an address or a body stands for the id of that thing.
    """

    request: str
    yes: str = ""
    ok: int = 200
    no: str = ""
    odd: Mapping[int, str] = field(default_factory=dict)
    rest: int = 404
    nobody: int = 401
    there: int | Mapping[int, str] = 404
    send: Any = None
    changes: bool = False
    undone: str = ""
    signed: bool = False
    slow: bool = False
    shows: str = ""
    seen: str = ""

    @property
    def method(self) -> str:
        return self.request.split()[0]

    @property
    def address(self) -> str:
        """The whole address, names still in braces."""
        given = self.request.split()[1]
        return given if given.startswith("/") else f"{API}{given}"

    @property
    def is_api(self) -> bool:
        return self.address.startswith(API)

    @property
    def names_something(self) -> bool:
        """Whether it speaks of a thing of one facility."""
        return "{" in f"{self.address}{self.send}".replace("{}", "") or bool(self.shows)

    def expected(self) -> dict[str, int]:
        """The status of everybody of the facility, and of nobody."""
        said = dict.fromkeys(ALL.split(), self.rest) | dict.fromkeys(NOBODY.split(), self.nobody)
        for status, names in (
            (self.ok, f"{self.yes} {self.undone}"), (403, self.no), *self.odd.items()
        ):  # fmt: skip
            said |= dict.fromkeys(names.split(), status)
        return said

    def expected_there(self) -> dict[str, int]:
        """The status of everybody of the other facility."""
        if isinstance(self.there, int):
            return dict.fromkeys(THERE.split(), self.there)
        said = dict.fromkeys(THERE.split(), self.rest)
        for status, names in self.there.items():
            said |= dict.fromkeys(names.split(), status)
        return said


def alike(request: str, status: int, **more: Any) -> Row:
    """A row for what is the same for everybody, signed in or not."""
    return Row(request, yes=ALL, ok=status, nobody=status, there=status, **more)
