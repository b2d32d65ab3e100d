"""kill -9 of a real worker in the middle of an import: the next one begins it anew."""

import os

import pytest

from clients.models import Client
from interop.models import Import
from interop.states import ImportState
from interop.tasks import run_import
from tests.interop.files import counts, people, sent, table
from tests.processes import LoggedChildren, test_database_url, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]

ROWS = 20
WORKER = [
    "-m", "celery", "--app", "tests.interop.crashing", "worker", "--pool", "solo",
    "--queues", "imports", "--without-gossip", "--without-mingle",
]  # fmt: skip


@pytest.fixture
def children(tmp_path):
    with LoggedChildren(tmp_path) as started:
        yield started


def start_worker(children, name, **env):
    own = {
        "DATABASE_URL": test_database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LEASE_SECONDS": "2",
    }
    children.start(name, WORKER, dict(os.environ) | own | env)


def test_a_killed_worker_leaves_nothing_and_the_next_does_all_of_it(house, children):
    job = sent(house, table(*people(ROWS)))
    run_import.apply_async(queue="imports")
    start_worker(children, "killed", CRASH_AFTER="12")
    assert children._processes["killed"].wait(30) == -9
    job.refresh_from_db()
    assert (job.state, job.rows_done, Client.objects.count()) == (ImportState.RUNNING, 12, 0)

    start_worker(children, "healthy")

    def ticked_until_it_ends():
        run_import.apply_async(queue="imports", expires=1)
        return Import.objects.get().ended_at

    until(ticked_until_it_ends, seconds=30, why="the import should be taken over and end")
    job.refresh_from_db()
    assert (counts(job), job.attempts) == ((ImportState.FINISHED, ROWS, 0, 0), 2)
    assert Client.objects.count() == ROWS


def test_a_worker_that_is_asked_to_stop_ends_its_import_first(house, children):
    job = sent(house, table(*people(ROWS)))
    run_import.apply_async(queue="imports")
    start_worker(children, "stopped", CRASH_AFTER="12", CRASH_SIGNAL="SIGTERM")
    assert children._processes["stopped"].wait(30) == 0
    job.refresh_from_db()
    assert (counts(job), job.attempts) == ((ImportState.FINISHED, ROWS, 0, 0), 1)
    assert Client.objects.count() == ROWS
