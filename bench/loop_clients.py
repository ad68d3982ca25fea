"""Many connections to a centre's feed, held by one process: bench/loop.py. stdin: a line of tokens (JSON), then "end"; stdout: how many are
connected, then {"met": {name: [when, for each connection]}, "bytes", "seconds"}; times of the monotonic clock."""
import json
import re
import selectors
import socket
import ssl
import sys
import time

PORT, CERTIFICATE, COUNT = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
PROBE = re.compile(rb'"(probe[a-z0-9]+\.example)"')


def connect(context, token):
    raw = socket.create_connection(("127.0.0.1", PORT), timeout=60)
    secure = context.wrap_socket(raw, server_hostname="127.0.0.1")
    secure.sendall(f"GET /v1/sensor/indicators?since=0 HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    secure.setblocking(False)
    return secure


def take(secure, state, now, met):
    """Bytes that came; False at the end."""
    total = 0
    while True:
        try:
            data = secure.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return total
        except OSError:
            return -1
        if not data:
            return -1
        total += len(data)
        for name in PROBE.findall(state["tail"] + data):
            if name not in state["seen"]:
                state["seen"].add(name)
                met.setdefault(name.decode(), []).append(now)
        state["tail"] = data[-64:]


def main():
    tokens = json.loads(sys.stdin.readline())
    context = ssl.create_default_context(cafile=CERTIFICATE)
    poll, met, size = selectors.DefaultSelector(), {}, 0
    for i in range(COUNT):
        poll.register(connect(context, tokens[i % len(tokens)]), selectors.EVENT_READ, {"tail": b"", "seen": set()})
    poll.register(sys.stdin, selectors.EVENT_READ, None)
    print(f"{COUNT} connections", flush=True)
    began, lost = time.monotonic(), 0
    while True:
        for key, _ in poll.select(1):
            if key.data is None:
                print(json.dumps({"met": met, "bytes": size, "seconds": time.monotonic() - began, "lost": lost}), flush=True)
                return
            got = take(key.fileobj, key.data, time.monotonic(), met)
            if got < 0:
                poll.unregister(key.fileobj)
                lost += 1
            size += max(got, 0)


main()
