"""Many connections to a centre's feed, held by one process: bench/loop.py. Each follows as `noroshi follow` does: when its connection ends it comes
again with the number that it has. stdin: a line of tokens (JSON), then "who" or "end"; stdout: a line for each: how many are connected, at the end
{"met": {name: [when, for each connection]}, "bytes", "seconds", "lost"}; times of the monotonic clock."""
import json
import re
import selectors
import socket
import ssl
import sys
import time

PORT, CERTIFICATE, COUNT = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
PROBE, NUMBER, EPOCH = re.compile(rb'"(probe[a-z0-9]+\.example)"'), re.compile(rb'"number":(\d+)'), re.compile(rb'"epoch":"([0-9a-f]+)","since":(\d+)')
AT_ONCE = 20  # handshakes between two looks at what came


class Follower:
    def __init__(self, token):
        self.token, self.tail, self.seen, self.epoch, self.since, self.secure, self.told = token, b"", set(), "", 0, None, False

    def connect(self, context):
        raw = socket.create_connection(("127.0.0.1", PORT), timeout=10)
        self.secure = context.wrap_socket(raw, server_hostname="127.0.0.1")
        self.secure.sendall(f"GET /v1/sensor/indicators?since={self.since}&epoch={self.epoch} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())
        self.secure.setblocking(False)
        self.tail, self.told = b"", False

    def take(self, now, met):
        """Bytes that came; -1 at the end."""
        total = 0
        while True:
            try:
                data = self.secure.recv(65536)
            except (ssl.SSLWantReadError, BlockingIOError):
                return total
            except OSError:
                return -1
            if not data:
                return -1
            total += len(data)
            self.read(self.tail + data, now, met)
            self.tail = data[-96:]

    def read(self, data, now, met):
        began = EPOCH.search(data)
        if began and not self.told:
            self.told, self.epoch, self.since = True, began.group(1).decode(), int(began.group(2))
        last = data.rfind(b'"number":')
        number = NUMBER.match(data, last) if last >= 0 else None
        if number and data.find(b"}", last) >= 0:
            self.since = max(self.since, int(number.group(1)))
        for name in PROBE.findall(data):
            if name not in self.seen:
                self.seen.add(name)
                met.setdefault(name.decode(), []).append(now)


def come(poll, context, away):
    """Some of those that are away."""
    for follower in away[:AT_ONCE]:
        try:
            follower.connect(context)
        except OSError:
            time.sleep(0.05)
            return
        poll.register(follower.secure, selectors.EVENT_READ, follower)
        away.remove(follower)


def main():
    lines = open(0, "rb", buffering=0)  # of select(): nothing of it lies in a buffer
    tokens = json.loads(lines.readline())
    context = ssl.create_default_context(cafile=CERTIFICATE)
    poll, met, size, lost = selectors.DefaultSelector(), {}, 0, 0
    everybody = [Follower(tokens[i % len(tokens)]) for i in range(COUNT)]
    away = list(everybody)
    poll.register(lines, selectors.EVENT_READ, None)
    began = time.monotonic()
    while True:
        for key, _ in poll.select(0 if away else 1):
            if key.data is None:
                if lines.readline().strip() == b"who":
                    print(sum(follower.told for follower in everybody), flush=True)
                    continue
                print(json.dumps({"met": met, "bytes": size, "seconds": time.monotonic() - began, "lost": lost}), flush=True)
                return
            got = key.data.take(time.monotonic(), met)
            if got < 0:
                poll.unregister(key.fileobj)
                key.fileobj.close()
                key.data.told = False
                away.append(key.data)
                lost += 1
            size += max(got, 0)
        come(poll, context, away)


main()
