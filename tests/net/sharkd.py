"""Wireshark's dissectors through `sharkd` (JSON-RPC over its standard input and output): started once for many captures, where
each `tshark` would take a quarter of a second only to begin."""
import json
import subprocess

COLUMNS = 30 # that it gives at once; of more it passes over the last without a word


class Sharkd:
    def __init__(self, preferences=None):
        self.process = subprocess.Popen(["sharkd", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.number = 0
        for name, value in (preferences or {}).items():
            self._send("setconf", name=name, value=value)
            if self._answer().get("result", {}).get("status") != "OK":
                raise ValueError(f"sharkd does not take {name}")

    def _send(self, method, **params):
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()

    def _answer(self):
        """Of the newest request; a capture that is damaged at its end has none for being loaded, so earlier ones are passed over."""
        while line := self.process.stdout.readline():
            if line.strip() and (answer := json.loads(line.decode("utf-8", "replace"))).get("id") == self.number:
                return answer
        raise EOFError("sharkd ended")

    def rows(self, capture, fields):
        """For each frame a dict: field → its values, as one text with commas between them."""
        self._send("load", file=str(capture))
        rows = []
        for first in range(0, len(fields), COLUMNS):
            some = fields[first:first + COLUMNS]
            self._send("frames", **{f"column{i}": f"{field}:0" for i, field in enumerate(some)})
            found = [dict(zip(some, frame["c"], strict=True)) for frame in self._answer().get("result", [])]
            rows = [{**before, **more} for before, more in zip(rows, found, strict=True)] if first else found
        return rows

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
