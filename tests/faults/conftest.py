"""One stage for all tests here: servers, data, providers and web start once."""

import pytest

from tests.faults.stage import Stage

CLIENTS = 500


@pytest.fixture(scope="session")
def whole_stage(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("faults")) as stage:
        stage.fill(CLIENTS)
        stage.start_web()
        yield stage


@pytest.fixture
def stage(whole_stage):
    from tests.faults.storm import providers_work

    yield whole_stage
    whole_stage.heal()
    whole_stage.stop_engine()
    providers_work(whole_stage)
