#!/usr/bin/env python3
"""`noroshi sensor -i` in a namespace of its own: what it writes is what -r writes of the same packets, for frames in every form and for
real programs' traffic, with one worker and with two; drops, slow readers, rotation, interfaces that go and come back, time without packets."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from live import (PATIENCE, Sensor, dns, enter_namespace, ethernet, ipv4, ipv6, link, make_pair, pcap, peer, records, tcp, udp, wait_for, without_time)  # noqa: E402

NOROSHI = sys.argv[1]
SKIPPED = 77
SYN, ACK, FIN, PUSH = 2, 16, 1, 8
results = []


def check(name, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}", flush=True)
    if not good:
        print(f"# {why}", flush=True)


# ── frames of every form: both sides of each flow ──

def host4(number, side):
    return (198, 19, number, 1 + side)


def host6(number, side):
    return bytes.fromhex("20010db800ff0000") + bytes([0, 0, 0, 0, 0, 0, number, 1 + side])


def over4(number, protocol, side, body, **more):
    return ipv4(host4(number, side), host4(number, 1 - side), protocol, body, **more)


def over6(number, protocol, side, body):
    return ipv6(host6(number, side), host6(number, 1 - side), protocol, body)


def fetch(over, number, wrap):
    """One HTTP exchange."""
    ask = f"GET /{number} HTTP/1.1\r\nHost: www{number}.example.jp\r\n\r\n".encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    steps = [(0, SYN, 99, 0, b""), (1, SYN | ACK, 499, 100, b""), (0, ACK | PUSH, 100, 500, ask), (1, ACK | PUSH, 500, 100 + len(ask), answer),
             (0, FIN | ACK, 100 + len(ask), 500 + len(answer), b""), (1, FIN | ACK, 500 + len(answer), 101 + len(ask), b""), (0, ACK, 101 + len(ask), 501 + len(answer), b"")]
    return [wrap(over(number, 6, side, tcp((40000, 80) if side == 0 else (80, 40000), flags, (sequence, other), body)), side) for side, flags, sequence, other, body in steps]


def ask_name(over, number, wrap):
    name, address = f"host{number}.example.jp", bytes((192, 0, 2, number))
    return [wrap(over(number, 17, 0, udp(5000 + number, 53, dns(name, number))), 0), wrap(over(number, 17, 1, udp(53, 5000 + number, dns(name, number, [(1, address)]))), 1)]


def plain(kind):
    return lambda packet, side: ethernet(kind, packet)


def tagged(kind, *tags):
    def wrap(packet, side):
        body, inner = packet, kind
        for protocol, number in reversed(tags):
            body, inner = number.to_bytes(2, "big") + inner.to_bytes(2, "big") + body, protocol
        return ethernet(inner, body)
    return wrap


def labelled(packet, side):
    return ethernet(0x8847, bytes.fromhex("00010040") + bytes.fromhex("00020140") + packet)


def in_pppoe(packet, side):
    return ethernet(0x8864, bytes.fromhex("11000001") + (len(packet) + 2).to_bytes(2, "big") + b"\x00\x21" + packet)


def in_vxlan(packet, side):
    """Each direction has another outer port, as tunnels choose them."""
    inner = ethernet(0x0800, packet)
    return ethernet(0x0800, ipv4((198, 19, 200, 1 + side), (198, 19, 200, 2 - side), 17, udp(50000 + 777 * side, 4789, bytes.fromhex("0800000000000100") + inner)))


def in_gre(packet, side):
    return ethernet(0x0800, ipv4((198, 19, 201, 1 + side), (198, 19, 201, 2 - side), 47, b"\0\0\x08\0" + packet))


def fragments(number):
    """A query, and an answer in three fragments, of which the last comes first."""
    name, long = f"long{number}.example.jp", [(16, bytes([200]) + b"a" * 200)] * 10
    answer = udp(53, 5000 + number, dns(name, number, long))
    parts = [over4(number, 17, 1, answer[at:at + 800], more=int(at + 800 < len(answer)), offset=at, ident=number) for at in range(0, len(answer), 800)]
    return [ethernet(0x0800, over4(number, 17, 0, udp(5000 + number, 53, dns(name, number)))), *(ethernet(0x0800, part) for part in parts[::-1])]


def fragments6(number):
    name = f"six{number}.example.jp"
    answer = udp(53, 5000 + number, dns(name, number, [(16, bytes([200]) + b"a" * 200)] * 10))
    frames = [ethernet(0x86DD, over6(number, 17, 0, udp(5000 + number, 53, dns(name, number))))]
    for at in range(0, len(answer), 800):
        head = bytes([17, 0]) + (at | int(at + 800 < len(answer))).to_bytes(2, "big") + number.to_bytes(4, "big")
        frames.append(ethernet(0x86DD, over6(number, 44, 1, head + answer[at:at + 800])))
    return frames


def every_form():
    frames, number = [], 0
    forms = [(over4, plain(0x0800)), (over6, plain(0x86DD)), (over4, tagged(0x0800, (0x8100, 7))), (over6, tagged(0x86DD, (0x8100, 7))),
             (over4, tagged(0x0800, (0x88A8, 9), (0x8100, 7))), (over4, labelled), (over4, in_pppoe), (over4, in_vxlan), (over4, in_gre)]
    for _ in range(6):
        for over, wrap in forms:
            number += 1
            frames += fetch(over, number, wrap) + ask_name(over, number, wrap)
        number += 1
        frames += fragments(number) + fragments6(number)
    return frames


# ── what is compared ──

def ours(record):
    """Not of the kernel's own packets."""
    return record["event_type"] != "stats" and (record.get("src_ip", "").startswith(("198.19.", "2001:0db8:00ff", "2001:db8:ff:")) or "src_ip" not in record)


def shown(found, wanted=ours):
    return Counter(without_time(record) for record in found if wanted(record))


def differences(live, read):
    return f"{sum((live - read).values())} only live, {sum((read - live).values())} only of the file: {list((live - read).items())[:2]} {list((read - live).items())[:2]}"


def replay(path, rate, interface=None):
    """At the peer, or at an end of a pair of our own."""
    command = ["tcpreplay", "-q", "-i", interface or "pair1", "--pps", str(rate), str(path)]
    subprocess.run(command if interface else peer(*command), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_replay(folder):
    frames, path = every_form(), folder / "forms.pcap"
    path.write_bytes(pcap(frames))
    subprocess.run([NOROSHI, "sensor", "-r", path, "--eve", folder / "read.json"], check=True, stdout=subprocess.DEVNULL)
    read = shown(records(folder / "read.json"))
    for workers in (1, 2):
        eve = folder / f"live{workers}.json"
        sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--workers", workers, "--eve", eve)
        replay(path, 4000)
        # the kernel sends some of its own, the last of which may stay unseen in the ring: its counts are compared before the end
        sensor.wait_until(lambda now: now["kernel_packets"] == now["packets"] >= len(frames), "every frame, as the kernel counts")
        last = sensor.stop()
        found = records(eve)
        live = shown(found)
        check(f"what {workers} worker(s) write of frames in every form is what -r writes of them", live == read and len(read) > 100, differences(live, read))
        check(f"nothing is dropped, and the kernel counts as {workers} worker(s) do", last["kernel_drops"] == 0, last)
        if workers == 2:
            check("both workers have packets", all(one["packets"] > len(frames) / 10 for one in last["workers"]), last["workers"])
        names = {record["in_iface"] for record in found if ours(record)}
        check(f"records of {workers} worker(s) name the interface", names == {"pair0"}, names)


def test_real_traffic(folder):
    """curl and nginx, dig and unbound; dumpcap writes the same packets down."""
    needed = [name for name in ("nginx", "curl", "dig", "unbound", "dumpcap") if not shutil.which(name)]
    if needed:
        check("real programs' traffic # SKIP there is no " + ", ".join(needed), True)
        return
    (folder / "nginx.conf").write_text(f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}\nhttp {{ access_log off; client_body_temp_path {folder}/b; "
                                       f"proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
                                       "server { listen 80; listen [::]:80; location / { return 200 \"hello\\n\"; } } }\n")
    (folder / "unbound.conf").write_text("server:\n interface: 198.18.0.2\n interface: 2001:db8::2\n do-daemonize: no\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n access-control: 0.0.0.0/0 allow\n"
                                         " access-control: ::/0 allow\n local-zone: \"example.jp.\" static\n local-data: \"www.example.jp. IN A 192.0.2.7\"\n local-data: \"mail.example.jp. IN TXT 'v=spf1 -all'\"\n"
                                         " module-config: iterator\n")
    started = [subprocess.Popen(peer("nginx", "-c", folder / "nginx.conf"), stderr=subprocess.DEVNULL), subprocess.Popen(peer("unbound", "-c", folder / "unbound.conf"), stderr=subprocess.DEVNULL)]
    try:
        wait_for(lambda: subprocess.run(["curl", "-s", "-m", "2", "http://198.18.0.2/"], stdout=subprocess.DEVNULL).returncode == 0, "nginx")
        wait_for(lambda: subprocess.run(["dig", "+time=1", "+tries=1", "@198.18.0.2", "www.example.jp"], stdout=subprocess.DEVNULL).returncode == 0, "unbound")
        compare_real(folder)
    finally:
        for process in started:
            process.terminate()
            process.wait(timeout=PATIENCE)


def nothing_is_on_its_way():
    """No connection of either end is about to say something."""
    listens, waits = "0A", "06"
    lines = [line for of in ("self", os.environ["NETNS_PEER"]) for name in ("tcp", "tcp6") for line in Path(f"/proc/{of}/net/{name}").read_text().splitlines()[1:]]
    return all(line.split()[3] in (listens, waits) for line in lines)


def compare_real(folder):
    eve, capture = folder / "real.json", folder / "real.pcapng"
    wait_for(nothing_is_on_its_way, "the end of the first connections")
    with open(folder / "dumpcap.log", "wb") as log:
        dump = subprocess.Popen(["dumpcap", "-q", "-i", "pair0", "-w", capture], stdout=log, stderr=log)
    wait_for(lambda: capture.exists() and "File:" in (folder / "dumpcap.log").read_text(), "dumpcap")
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--workers", 2, "--eve", eve)
    for i in range(20):
        for server in ("198.18.0.2", "[2001:db8::2]"):
            subprocess.run(["curl", "-s", "-m", "20", "-o", "/dev/null", f"http://{server}/page{i}"], check=True)
        for server, client in (("198.18.0.2", "198.18.0.1"), ("2001:db8::2", "2001:db8::1")):
            # a port of its own for each datagram: two of dig's choice that are alike would be one flow
            for more in (("-b", f"{client}#{20000 + i}"), ("+tcp",)):
                subprocess.run(["dig", "+time=60", "+tries=1", "@" + server, *more, "www.example.jp" if i % 2 else "mail.example.jp", "A" if i % 2 else "TXT"], check=True, stdout=subprocess.DEVNULL)
    wait_for(nothing_is_on_its_way, "the end of all connections")
    # frames come in order: who has the last of these, which go to every worker, has all before them
    ends = [f"end{i}.example.jp" for i in range(64)]
    (folder / "ends.pcap").write_bytes(pcap([ethernet(0x0800, over4(1 + i, 17, 0, udp(9000, 53, dns(name, 1 + i)))) for i, name in enumerate(ends)]))
    replay(folder / "ends.pcap", 1000)
    wait_for(lambda: ends[-1].split(".", maxsplit=1)[0].encode() in capture.read_bytes(), "dumpcap has every frame")
    wait_for(lambda: set(ends) <= {record["dns"]["queries"][0]["rrname"] for record in records(eve) if record["event_type"] == "dns"}, "the sensor has every frame")
    dump.send_signal(signal.SIGINT)
    dump.wait(timeout=PATIENCE)
    sensor.stop()
    subprocess.run([NOROSHI, "sensor", "-r", capture, "--eve", folder / "real-read.json"], check=True, stdout=subprocess.DEVNULL)

    def of_tools(record):
        return record["event_type"] in ("http", "dns", "flow") and not record["src_ip"].startswith("198.19.") and record.get("proto") in ("TCP", "UDP") and record.get("dest_port") in (53, 80)
    live, read = shown(records(eve), of_tools), shown(records(folder / "real-read.json"), of_tools)
    kinds = Counter(json.loads(text)["event_type"] for text in live.elements())
    check("of real programs' traffic live capture and -r write the same", live == read and kinds["http"] == 40 and kinds["dns"] == 160 and kinds["flow"] == 120, f"{kinds} {differences(live, read)}")


# ── when it is too much ──

def stands_still(pid):
    return all(task.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "T" for task in Path(f"/proc/{pid}/task").iterdir())


def test_drops(folder):
    """A sensor that is held still while frames come drops what its ring cannot hold, and says how much. How soon the kernel closes a block of the
    ring depends on how busy the machine is, so what the ring holds then is between one frame a block and as many as have room."""
    size, blocks, before, burst, after = 1300, 4, 2000, 12000, 1000
    room = blocks * (1 << 20) // size
    sent = Counter()
    make_pair("only")  # nothing but these frames

    def send(port, count):
        path = folder / f"{port}.pcap"
        path.write_bytes(pcap([ethernet(0x0800, over4(1 + i % 200, 17, 0, udp(port, port, b"x" * size))) for i in range(count)]))
        replay(path, 40000, "only1")
        sent[port] += count

    def counted():
        return sensor.wait_until(lambda now: now["kernel_packets"] == sent.total() and now["packets"] == now["kernel_packets"] - now["kernel_drops"], "every frame is counted")

    def send_until_seen(port, wanted):
        now = begin = sensor.counts()
        while now["packets"] < begin["packets"] + wanted:
            send(port, 250)
            now = counted()
        return now
    sensor = Sensor(NOROSHI, folder, "-i", "only0", "--ring", f"{blocks} MiB", "--eve", folder / "drops.json")
    first = send_until_seen(7000, before)
    os.kill(sensor.child.pid, signal.SIGSTOP)
    wait_for(lambda: stands_still(sensor.child.pid), "that it stands still")
    send(7001, burst)
    os.kill(sensor.child.pid, signal.SIGCONT)
    now = counted()
    dropped = now["kernel_drops"] - first["kernel_drops"]
    check("dropped frames are counted, and every frame is seen or dropped", dropped >= burst - room > 1000 and now["packets"] > before > 1000, now)
    check("the ring holds a frame a block at least", blocks - 1 <= burst - dropped <= room, now)
    end = send_until_seen(7002, after)
    last = sensor.stop()
    found = records(folder / "drops.json")
    flows = Counter()
    for record in found:
        if record["event_type"] == "flow":
            flows[record["dest_port"]] += record["flow"]["pkts_toserver"] + record["flow"]["pkts_toclient"]
    seen = {7000: sent[7000] - first["kernel_drops"], 7001: burst - dropped, 7002: sent[7002] - (end["kernel_drops"] - now["kernel_drops"])}
    check("every frame that was not dropped is in the records, and no other", flows == seen, f"{flows} {seen}")
    stats = [record for record in found if record["event_type"] == "stats"][-1]
    check("the record of type stats says the drops, of each worker too", stats["stats"]["capture"]["kernel_drops"] == last["kernel_drops"] == sum(one["kernel_drops"] for one in stats["noroshi"]["workers"]),
          stats)


def test_slow_reader(folder):
    """Nobody takes the records: packets are taken all the same, and records that find no room are counted."""
    count, path = 6000, folder / "names.pcap"
    path.write_bytes(pcap([ethernet(0x0800, over4(1 + i % 200, 17, 0, udp(10000 + i, 53, dns(f"name{i}.example.jp", i)))) for i in range(count)]))
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--workers", 2, "--queue", "1 MiB", "--stats-every", "0", "--eve", "-", stdout=subprocess.PIPE)
    replay(path, 20000)
    now = sensor.wait_until(lambda now: now["packets"] >= count and now["records_dropped"] > 0, "records are dropped")
    check("a reader that takes nothing costs records, not packets", now["kernel_drops"] == 0, now)
    sensor.child.terminate()
    lines = sensor.child.stdout.read().decode().splitlines()
    status = sensor.child.wait(timeout=PATIENCE)
    last = sensor.reports()[-1]
    kinds = Counter(json.loads(line)["event_type"] for line in lines)
    check("every line that came out is whole", status == 0 and kinds["dns"] > 1000, f"{status} {kinds}")
    check("records that went out and those that were dropped are all", len(lines) == last["records_written"] and last["records_written"] + last["records_dropped"] >= last["records"], f"{len(lines)} {last}")
    check("at the end, when nothing is captured any more, it waits for the reader: every flow is there", kinds["flow"] >= count, kinds)
    check("the loss is said once in the log", sensor.log().count("records are dropped") == 1, sensor.log())


def test_rotation(folder):
    """Records go on in a new file, none is lost or cut in two."""
    count, path = 8000, folder / "names.pcap"
    path.write_bytes(pcap([ethernet(0x0800, over4(1 + i % 200, 17, 0, udp(10000 + i, 53, dns(f"name{i}.example.jp", i)))) for i in range(count)]))
    eve = folder / "rotated.json"
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--workers", 2, "--eve", eve)
    with subprocess.Popen(peer("tcpreplay", "-q", "-i", "pair1", "--pps", 2000, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as player:
        for i in range(4):
            wait_for(lambda: eve.exists() and eve.stat().st_size > 0, "records in the new file")
            eve.rename(folder / f"rotated.{i}")
            sensor.hup()
        player.wait(timeout=PATIENCE)
    sensor.wait_until(lambda now: now["packets"] >= count, "every frame")
    sensor.stop()
    parts = [records(folder / f"rotated.{i}") for i in range(4)] + [records(eve)]
    names = Counter(record["dns"]["queries"][0]["rrname"] for part in parts for record in part if record["event_type"] == "dns")
    check("rotated files together have every record once, in whole lines", len(names) == count and set(names.values()) == {1} and all(parts), f"{len(names)} names, {[len(part) for part in parts]}")


# ── interfaces and time ──

def send_to_tap(frames):
    path = Path(tempfile.mkdtemp(dir=os.environ["LIVE_FOLDER"])) / "tap.pcap"
    path.write_bytes(pcap(frames))
    replay(path, 1000, "side1")


def test_interfaces_and_time(folder):
    os.environ["LIVE_FOLDER"] = str(folder)
    make_pair("side")
    eve = folder / "tap.json"
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "-i", "side0", "--workers", 2, "--eve", eve)

    def asked(name):
        return any(record["event_type"] == "dns" and record["dns"]["queries"][0]["rrname"] == name for record in records(eve))

    def named(name):
        """Sent until a record has it: the sensor may still be on its way back."""
        send_to_tap([ethernet(0x0800, over4(7, 17, 0, udp(9000, 53, dns(name))))])
        time.sleep(0.3)
        return asked(name)
    send_to_tap(fetch(over4, 250, plain(0x0800)))
    wait_for(lambda: named("first.example.jp"), "records of side0")
    link("set", "side0", "down")
    wait_for(lambda: "an interface is down or away" in sensor.log(), "that it is down")
    link("set", "side0", "up")
    check("an interface that was down is listened to again", wait_for(lambda: named("second.example.jp"), "records after down and up"))
    wait_for(lambda: "an interface is back" in sensor.log(), "that it is back")
    link("del", "side0")
    wait_for(lambda: sensor.log().count("an interface is down or away") == 2, "that it is away")
    make_pair("side", up=False)
    time.sleep(2.5)  # it asks each second
    check("one that is there again and down is not back", sensor.log().count("an interface is back") == 1, sensor.log())
    for end in ("side0", "side1"):
        link("set", end, "up")
    check("one that went away and came back is listened to again", wait_for(lambda: named("third.example.jp"), "records after away and back"))
    check("both are said", wait_for(lambda: sensor.log().count("an interface is back") == 2, "that it is back"), sensor.log())

    def ended():
        return [record for record in records(eve) if record["event_type"] == "flow" and record["src_ip"] == "198.19.250.1" and record["flow"]["reason"] == "timeout"]
    check("a closed flow ends after its time without packets", wait_for(ended, "the end of a flow while nothing comes"))
    sensor.stop()


def main():
    if os.geteuid() != 0 or not shutil.which("tcpreplay"):
        print("1..0 # SKIP root and tcpreplay are needed")
        return 0
    enter_namespace()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for test in (test_replay, test_real_traffic, test_drops, test_slow_reader, test_rotation, test_interfaces_and_time):
            begun = time.monotonic()
            try:
                test(folder)
            except (TimeoutError, RuntimeError) as error:
                check(test.__name__, False, str(error))
            print(f"# {test.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
