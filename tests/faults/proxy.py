"""A TCP proxy that fails as it is told: between the engine and PostgreSQL, Redis or a provider."""

import asyncio
import contextlib
import socket
import struct
import threading
from enum import StrEnum

LOOPBACK = "127.0.0.1"
CHUNK = 65536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: the kernel sends RST


class Mode(StrEnum):
    """What happens to connections, old and new, from the moment it is set."""

    OK = "ok"
    DELAY = "delay"  # every piece waits `delay_seconds`
    DROP = "drop"  # old ones are closed, new ones closed at once
    BLACK_HOLE = "black_hole"  # taken, kept open, nothing passes: half open
    RESET = "reset"  # as drop, by RST


class Proxy:
    """Forwards a loopback port of its own to `target`; both may change at any time."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = Mode.OK
        self.delay_seconds = 0.0
        self.taken = 0
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter | None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._passing = asyncio.Event()
        self._passing.set()
        self._listener = self._loop.run_until_complete(
            asyncio.start_server(self._take, LOOPBACK, 0, backlog=256)
        )
        self.port = int(self._listener.sockets[0].getsockname()[1])
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def set(self, mode: Mode, *, delay_seconds: float = 0.0) -> None:
        """Behave like this from now on; what is open feels it too."""
        self._call(self._set(mode, delay_seconds))

    def stop(self) -> None:
        """Close the port and every connection."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _call(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _set(self, mode: Mode, delay_seconds: float) -> None:
        self.mode, self.delay_seconds = mode, delay_seconds
        if mode in (Mode.DROP, Mode.RESET):
            self._cut_all()
        if mode is Mode.BLACK_HOLE:
            self._passing.clear()
        elif not self._passing.is_set():
            self._cut_all()  # a hole that closes leaves no half conversations behind
            self._passing.set()

    async def _close(self) -> None:
        self._listener.close()
        self._passing.set()
        self._cut_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cut_all(self) -> None:
        for pair in list(self._pairs):
            for writer in pair:
                if writer is not None:
                    self._cut(writer)

    def _cut(self, writer: asyncio.StreamWriter) -> None:
        if self.mode is Mode.RESET:
            link = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.taken += 1
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter | None] = (writer, None)
        self._pairs.add(pair)
        try:
            if self.mode in (Mode.DROP, Mode.RESET):
                self._cut(writer)
                return
            await self._passing.wait()
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self.target)
            self._pairs.discard(pair)
            pair = (writer, far_writer)
            self._pairs.add(pair)
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._pairs.discard(pair)
            self._tasks.discard(task)
            for end in pair:
                if end is not None:
                    self._cut(end)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass pieces on until one side ends; then the other side hears of it."""
        while piece := await reader.read(CHUNK):
            if self.mode is Mode.DELAY:
                await asyncio.sleep(self.delay_seconds)
            await self._passing.wait()
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
