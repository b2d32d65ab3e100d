"""Several workers at once (pytest-xdist): pytest-django gives each a database of its own, this gives
each its own of the cache and broker server's, so that one's emptying doesn't reach the other.

Loaded as a plugin (`-p`), before anything reads the settings. Processes that a test starts find it done.
"""

import os

_worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
if _worker and "REDIS_OF_WORKER" not in os.environ:
    _server, _, _number = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{_server}/{int(_number) + 1 + int(_worker)}"
    os.environ["REDIS_OF_WORKER"] = _worker
