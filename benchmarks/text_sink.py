"""A text provider that takes everything after 200 ms, 100 more or less: what it costs is its waiting.

python -m benchmarks.text_sink        prints {"text_port": …}
"""

import asyncio
import json
import random
import uuid

from dev.console import run_main, say

LOOPBACK = "127.0.0.1"
SECONDS = (0.1, 0.3)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request of one connection as Twilio does when it has queued a message."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            await reader.readexactly(length)
            await asyncio.sleep(random.uniform(*SECONDS))
            body = json.dumps({"sid": f"SM{uuid.uuid4().hex}", "status": "queued"}).encode()
            writer.write(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_talk, LOOPBACK, 0, backlog=1024)
    say(json.dumps({"text_port": server.sockets[0].getsockname()[1]}))
    await server.serve_forever()


def main() -> int:
    """Serve until stopped."""
    asyncio.run(_serve())
    return 0


if __name__ == "__main__":
    run_main(main)
