#!/usr/bin/env python3
"""include_check.py finds every kind of wrong include, and nothing in a house that keeps the rules."""
import tempfile
import unittest
from pathlib import Path

from include_check import check

ROOMS = ["base", "net", "model", "formats", "match", "store", "bus", "http", "watch", "triage", "darknet", "center", "cmd"]


class IncludeCheck(unittest.TestCase):
    def wrong(self, room, line):
        """What is found in a file of `room` (room/folder for a folder of it) with that line."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder)
            for name in ROOMS:
                (source / name).mkdir()
            (source / "base" / "text.h").write_text("/* a header */\n")
            (source / room).mkdir(exist_ok=True)
            (source / room / "file.c").write_text(f"/* first line */\n{line}\n")
            return check(source)[1]

    def test_arrows_down_and_within_a_room_are_fine(self):
        for room, line in [("cmd", '#include "center/process.h"'), ("center", '#include "triage/triage.h"'),
                           ("triage", '#include "store/store.h"'), ("triage", '#include "triage/other.h"'),
                           ("store", '#include "model/alert.h"'), ("model", '#include "base/text.h"'),
                           ("base", "#include <simdjson.h>"), ("http", "#include <libwebsockets.h>"),
                           ("net", "#include <sys/socket.h>"), ("net", "#include <net/if.h>")]:
            self.assertEqual(self.wrong(room, line), [], line)

    def test_arrows_up_are_found_with_their_line(self):
        for room, line in [("base", '#include "net/address.h"'), ("net", '#include "model/alert.h"'),
                           ("model", '#include "http/route.h"'), ("store", '#include "triage/triage.h"'),
                           ("triage", '  #  include "center/keeper.h"'), ("center", '#include "cmd/help.h"')]:
            found = self.wrong(room, line)
            self.assertEqual(len(found), 1, line)
            self.assertIn(f"{room}/file.c:2: ", found[0])
            self.assertIn("goes up", found[0])

    def test_siblings_and_capabilities_do_not_know_each_other(self):
        self.assertIn("siblings", self.wrong("formats", '#include "match/prefix.h"')[0])
        self.assertIn("siblings", self.wrong("bus", '#include "store/store.h"')[0])
        self.assertIn("one capability", self.wrong("watch", '#include "triage/triage.h"')[0])

    def test_folders_of_a_room_know_those_before_them(self):
        for room, line in [("darknet/event", '#include "darknet/packet/header.h"'), ("darknet/event", '#include "darknet/event/line.h"'),
                           ("darknet", '#include "darknet/center/owners.h"'), ("darknet/center", '#include "store/store.h"')]:
            self.assertEqual(self.wrong(room, line), [], line)
        self.assertIn("goes up", self.wrong("darknet/packet", '#include "darknet/event/line.h"')[0])
        self.assertIn("goes up", self.wrong("darknet/center", '#include "darknet/capability.h"')[0])
        self.assertIn("no folder", self.wrong("darknet/attic", '#include "base/text.h"')[0])

    def test_libraries_stay_in_their_room_and_headers_name_theirs(self):
        self.assertIn("http/ only", self.wrong("center", "#include <libwebsockets.h>")[0])
        self.assertIn("base/ only", self.wrong("formats", "#include <simdjson.h>")[0])
        self.assertIn("names no room", self.wrong("base", '#include "text.h"')[0])
        self.assertIn("with quotes", self.wrong("store", "#include <base/text.h>")[0])


if __name__ == "__main__":
    unittest.main()
