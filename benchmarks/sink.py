"""An SMTP server that takes everything and keeps nothing: thin, so that it is not what is measured.

python -m benchmarks.sink        prints {"smtp_port": …}; counts what it took on its other port
"""

import asyncio
import json

from dev.console import run_main, say

LOOPBACK = "127.0.0.1"
END = b"\r\n.\r\n"
ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10000000\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 OK\r\n",
    b"RCPT": b"250 OK\r\n",
    b"RSET": b"250 OK\r\n",
    b"NOOP": b"250 OK\r\n",
}


class Conversation(asyncio.Protocol):
    """One client's connection."""

    taken = 0

    def __init__(self) -> None:
        self.waiting = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Commands line by line, a message up to its dot."""
        self.waiting += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = END if self.in_data else b"\r\n"
        said, found, rest = self.waiting.partition(end)
        if not found:
            return False
        self.waiting = rest
        if self.in_data:
            self.in_data = False
            Conversation.taken += 1
            self.transport.write(b"250 OK: taken\r\n")
        else:
            self._obey(said[:4].upper())
        return True

    def _obey(self, command: bytes) -> None:
        if command == b"DATA":
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif command == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(ANSWERS.get(command, b"502 not here\r\n"))


async def count(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say how many messages were taken so far."""
    writer.write(str(Conversation.taken).encode())
    writer.close()


async def serve() -> None:
    """Until told to stop."""
    smtp = await asyncio.get_running_loop().create_server(Conversation, LOOPBACK, 0)
    counter = await asyncio.start_server(count, LOOPBACK, 0)
    ports = {
        "smtp_port": smtp.sockets[0].getsockname()[1],
        "count_port": counter.sockets[0].getsockname()[1],
    }
    say(json.dumps(ports))
    await asyncio.gather(smtp.serve_forever(), counter.serve_forever())


def main() -> int:
    """Serve."""
    asyncio.run(serve())
    return 0


if __name__ == "__main__":
    run_main(main)
