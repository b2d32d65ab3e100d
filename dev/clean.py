"""End what killed runs left behind and remove the servers' data: the first half of `make clean`."""

import shutil

from dev.console import Trouble, run_main
from dev.places import LOCAL, passing_run, servers_home, try_lock
from dev.processes import server_account
from dev.services import end_leftovers


def main() -> int:
    """Refuse while a demo runs; else stop leftovers and delete their folder."""
    if not LOCAL.exists():
        return 0
    home = servers_home(server_account()).resolve()
    demo = home / "demo"
    if demo.exists():
        if try_lock(demo / "lock") is None:
            raise Trouble("A demo of this tree is running: stop it first (Ctrl-C where it runs).")
        end_leftovers(demo)
    with passing_run(home, end_leftovers):  # making one removes those left behind
        pass
    if list(home.glob("run-*")):
        raise Trouble("Tests of this tree are running: let them end first.")
    shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    run_main(main)
