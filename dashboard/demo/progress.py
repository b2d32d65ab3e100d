"""How far the making of the demo is: a bar on a terminal, a line for each tenth anywhere else."""

from django.core.management.base import OutputWrapper

WIDTH = 40


class Progress:
    """Tell the share that is done, whenever it has grown enough to be told."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.steps = 100 if out.isatty() else 10
        self._told = 0

    def tell(self, share: float) -> None:
        """So much is done, from 0 to 1."""
        reached = int(share * self.steps)
        if reached <= self._told:
            return
        self._told = reached
        percent = reached * 100 // self.steps
        if self.out.isatty():
            bar = ("█" * (percent * WIDTH // 100)).ljust(WIDTH, "·")
            self.out.write(f"\r{bar} {percent:3} %", ending="\n" if percent == 100 else "")
        else:
            self.out.write(f"{percent} %")
        self.out.flush()
