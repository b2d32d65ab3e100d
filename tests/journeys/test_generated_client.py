"""A client generated from docs/openapi.yaml does the main job: nobody writes HTTP by hand.

From a token to a delivered and answered reminder, in the generated functions and models alone.
"""

import datetime as dt
import importlib
import pkgutil
import subprocess
import sys

import pytest

from dev.places import ROOT
from tests.journeys.stack import Stack
from tests.journeys.test_main_job import soon, text_to
from tests.journeys.world import COUNSELORS, PASSWORD
from tests.processes import until

pytestmark = pytest.mark.real

PACKAGE = "generated_casework"
# The generator knows no CSV; sent as what it is, a file's bytes.
CONFIG = """\
post_hooks: []
content_type_overrides:
  text/csv: application/octet-stream
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The package, made anew, every module of it imported."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yml").write_text(CONFIG)
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning",
            "--path", str(ROOT / "docs" / "openapi.yaml"), "--meta", "none",
            "--config", str(folder / "config.yml"), "--output-path", str(folder / PACKAGE),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        importlib.import_module(module.name)
    yield package
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


class Api:
    """The generated functions and models by name, and the connection that they speak through."""

    def __init__(self, client):
        self.client = client
        self.models = importlib.import_module(f"{PACKAGE}.models")

    def ask(self, tag, operation, *where, **given):
        """The parsed answer of an operation, which is never a problem."""
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        answer = module.sync(*where, client=self.client, **given)
        assert answer is not None
        assert not isinstance(answer, self.models.Problem), answer
        return answer


@pytest.fixture(scope="module")
def api(stack, generated):
    """Signed in as a counselor, by the generated function."""
    with generated.Client(stack.url, raise_on_unexpected_status=True) as nobody:
        anonymous = Api(nobody)
        asked = anonymous.models.SignInInputRequest(email=COUNSELORS[0], password=PASSWORD)
        given = anonymous.ask("auth", "auth_token_create", body=asked)
    with generated.AuthenticatedClient(
        stack.url, token=given.token, prefix="Token", raise_on_unexpected_status=True
    ) as counselor:
        yield Api(counselor)


def test_the_main_job_in_generated_functions(stack, api):
    models = api.models
    me = api.ask("me", "me_retrieve")
    facility = me.memberships[0].facility
    programs = api.ask("programs", "programs_list", facility=facility).results
    outpatient = next(p for p in programs if p.phase is models.PhaseKindEnum.OUTPATIENT)

    client = api.ask(
        "clients", "clients_create",
        body=models.ClientInputRequest(
            legal_first_name="Wren", legal_last_name="Journey", facility=facility,
            birth_date=dt.date(1991, 4, 2),
        ),
    )  # fmt: skip
    point = api.ask(
        "contact_points", "clients_contact_points_create", client.id,
        body=models.ContactPointInputRequest(
            kind=models.ContactKindEnum.PHONE, value="+1 312 555 0177",
            consent=models.ConsentInputRequest(method=models.ConsentMethodEnum.WRITTEN),
        ),
    )  # fmt: skip
    assert point.value == "+13125550177"
    assert point.consent.granted_by.id == me.id

    episode = api.ask(
        "episodes", "episodes_create",
        body=models.AdmissionInputRequest(
            client=client.id, program=outpatient.id, referral_source=models.ReferralSourceEnum(1)
        ),
    )  # fmt: skip
    assert episode.current_phase.kind is models.PhaseKindEnum.OUTPATIENT

    booking = models.BookingInputRequest(
        facility=facility, kind=models.AppointmentKindEnum.INDIVIDUAL, staff=[me.id],
        clients=[client.id], starts_at=soon(), duration_minutes=5,
    )  # fmt: skip
    booked = api.ask(
        "appointments", "appointments_create", body=booking, idempotency_key="wren-once"
    )
    again = api.ask(
        "appointments", "appointments_create", body=booking, idempotency_key="wren-once"
    )
    assert again.id == booked.id
    assert "Hi Wren" in until(lambda: text_to(stack, "+13125550177"))["body"]

    def reminder():
        rows = api.ask("appointments", "appointments_reminders_list", booked.id).results
        return next(r for r in rows if r.channel is models.ChannelEnum.SMS)

    until(lambda: reminder().state is models.ReminderStateEnum.DONE, why="the text should arrive")
    assert reminder().address == "+13125550177"

    stack.text_from("+13125550177", "1")
    accepted = models.AttendanceResponseEnum.ACCEPTED
    until(
        lambda: (
            api.ask("appointments", "appointments_retrieve", booked.id).attendances[0].response
            is accepted
        ),
        why="the 1 should confirm",
    )


def test_an_outcome_in_generated_functions(api):
    models = api.models
    me = api.ask("me", "me_retrieve")
    facility = me.memberships[0].facility
    client = api.ask(
        "clients", "clients_create",
        body=models.ClientInputRequest(
            legal_first_name="Tern", legal_last_name="Journey", facility=facility,
            birth_date=dt.date(1987, 9, 30),
        ),
    )  # fmt: skip
    start = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=3)
    booked = api.ask(
        "appointments", "appointments_create",
        body=models.BookingInputRequest(
            facility=facility, kind=models.AppointmentKindEnum.PHONE, staff=[me.id],
            clients=[client.id], starts_at=start, duration_minutes=5,
        ),
    )  # fmt: skip
    until(lambda: dt.datetime.now(dt.UTC) > start, why="it should begin")
    nobody_named = models.AttendanceInputRequest()
    api.ask("appointments", "appointments_arrival", booked.id, body=nobody_named)
    attended = api.ask(
        "appointments", "appointments_completion", booked.id,
        body=models.CompletionInputRequest(left_early=False),
    )  # fmt: skip
    assert attended.attendances[0].status is models.AttendanceStatusEnum.ATTENDED
    assert attended.status is models.AppointmentStatusEnum.COMPLETED
    assert attended.cancelled_by is None


def test_a_problem_comes_back_as_one_with_its_faults(api):
    models = api.models
    ask = importlib.import_module(f"{PACKAGE}.api.clients.clients_searches").sync
    problem = ask(client=api.client, body=models.SearchInputRequest(text="x"))
    assert isinstance(problem, models.Problem)
    assert (problem.status, problem.code) == (400, "invalid")
    assert [(e.field, e.code) for e in problem.errors] == [("text", "min_length")]
