"""A full disk under a real centre (needs root, for a small tmpfs): nothing acknowledged is lost, and it goes on by itself."""
import os
import subprocess
import sys
import time

from center import Skip, eve, main, wait_for
from test_lasting import Lasting


def batch(number):
    # Words that do not compress away.
    return [eve(number * 500 + i, signature="ET " + os.urandom(120).hex()) for i in range(500)]


def test_a_full_disk_refuses_loses_nothing_and_recovers():
    if os.geteuid() != 0:
        raise Skip("not root")
    centre = Lasting()
    mount = centre.folder + "/state"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,uid=65534,gid=65534,mode=750", "none", mount],
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("no tmpfs can be mounted here")
    try:
        token = centre.administrator()
        with open(mount + "/filler", "wb") as file:
            file.write(b"\0" * (14 << 20))
        centre.start()
        _, organisation = centre.json("POST", "/v1/organisations", token, {"name": "alpha", "title_en": "Alpha"})
        _, sensor = centre.json("POST", "/v1/organisations/%d/sensors" % organisation["number"], token, {"name": "gate"})
        secret = centre.json("POST", "/v1/sensors/%d/token" % sensor["number"], token, {})[1]["token"]
        sent, refused = {}, 0
        for number in range(400):
            lines = batch(number)
            status, headers, answer = centre.post(secret, lines, batch="d%d" % number)
            assert status in (200, 503), (status, answer)
            if status == 200:
                sent["d%d" % number] = lines
            else:
                assert int(headers["Retry-After"]) >= 1
                refused += 1
                if refused == 5:
                    break
        assert refused == 5 and len(sent) > 3, (refused, len(sent))
        os.unlink(mount + "/filler")
        wait_for(lambda: centre.post(secret, batch(1000), batch="after")[0] == 200, 60, "recovery by itself")
        for name, lines in sent.items():
            status, _, answer = centre.post(secret, lines, batch=name)
            assert status == 200 and answer["repeated"] and answer["alerts"] == 500, (name, status, answer)
        centre.end()
        centre.start()
        for name, lines in list(sent.items())[:10]:
            assert centre.post(secret, lines, batch=name)[2]["repeated"]
        assert "cannot be made durable" in centre.said() or "could not be appended" in centre.said(), centre.said()[-2000:]
        centre.end()
    except Exception:
        print("\n".join("# " + line for line in centre.said().splitlines()[-15:]))
        raise
    finally:
        if centre.process.poll() is None:
            centre.process.kill()
            centre.process.wait()
            time.sleep(1)
        subprocess.run(["umount", "-l", mount])


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
