"""The target of the benchmarks: it reads requests, answers 200 and counts, as fast as one Python process can.

python -m benchmarks.receiver

It prints its port. A path begins with the milliseconds after which it answers: /20/ingest. GET /counts gives
{"requests", "messages"}, of which the second counts each message id once, and begins to count anew.
"""

import asyncio
import json
import re
import socket

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
MESSAGE = re.compile(rb"\r\nwebhook-id: *([^\r]+)", re.IGNORECASE)
DELAY = re.compile(rb"POST /(\d+)/")


class Counted:
    """What arrived since the last time that somebody asked."""

    def __init__(self):
        self.requests = 0
        self.messages = set()

    def take(self):
        counts = {"requests": self.requests, "messages": len(self.messages)}
        self.__init__()
        return counts


class Receiver(asyncio.Protocol):
    """One kept connection, on which one request follows the answer to the one before."""

    def __init__(self, counted):
        self.counted = counted
        self.waiting = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.waiting += data
        end = self.waiting.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.waiting[:end]
        length = LENGTH.search(head)
        size = end + 4 + (int(length.group(1)) if length else 0)
        if len(self.waiting) < size:
            return
        self.waiting = self.waiting[size:]
        self.answer(head)

    def answer(self, head):
        if head.startswith(b"GET"):
            self.say(json.dumps(self.counted.take()).encode())
            return
        self.counted.requests += 1
        self.counted.messages.add(MESSAGE.search(head).group(1))
        delay = int(DELAY.match(head).group(1))
        if delay:
            asyncio.get_running_loop().call_later(delay / 1000, self.say, b"{}")
        else:
            self.say(b"{}")

    def say(self, body):
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )


async def main():
    """Serve until a signal comes."""
    counted = Counted()
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(counted), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
