"""What a member's network does every day, by real programs: none of it is an attack, and nothing of it may be said."""
import subprocess
import sys
from pathlib import Path

from lab import DAY, HOUR, QUIET, addresses

HERE = Path(__file__).resolve().parent
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's modules are for
SITES, DEAD = 60, 4
SITE_AT, DEAD_AT, MIRROR_AT, STORE_AT, POST_AT = 4096, 6000, 6100, 6101, 6102  # numbers of addresses outside
CLOSE = ("-s", "-k", "-o", "/dev/null", "-m", "3", "-H", "Connection: close")
NOISE = """
import socket, sys
for i in range(6):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[1]))
    one.bind((sys.argv[1], 5353 if i % 2 else 68))
    ask = bytes([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 8]) + b"_printer" + bytes([4]) + b"_tcp" + bytes([5]) + b"local" + bytes([0, 0, 12, 0, 1])
    one.sendto(ask if i % 2 else bytes([1, 1, 6, 0]) + bytes(240), ("224.0.0.251", 5353) if i % 2 else ("255.255.255.255", 67))
    one.close()
"""
CLOCK = """
import socket, sys
for i in range(int(sys.argv[2])):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(2)
    one.sendto(bytes([0x23]) + bytes(47), (sys.argv[1], 123))
    one.recv(100)
    one.close()
"""


def site_address(number, family=4):
    return addresses(number, False)[family == 6]


def names_of_sites():
    return {f"www.site{i}.example": SITE_AT + i for i in range(SITES)} | {f"away{i}.example": DEAD_AT + i for i in range(DEAD)} | {
        "mirror.example": MIRROR_AT, "store.example": STORE_AT, "post.example": POST_AT}


def hosts_file():
    return "".join(f"{site_address(n)} {name}\n{site_address(n, 6)} {name}\n" for name, n in names_of_sites().items())


def hours(dice, count, first=8, last=19):
    return sorted(dice.uniform(first * HOUR, last * HOUR) for _ in range(count))


def browse(lab, host, dice, pages):
    """Sites, some liked more; now and then one that is away."""
    urls = [f"http://away{dice.randrange(DEAD)}.example/" if dice.random() < 0.06 else f"http{'s' * dice.randrange(2)}://www.site{int(SITES * dice.random() ** 3)}.example/page{i}" for i in range(pages)]
    lab.act(host, "browses", ("times", hours(dice, pages)), lambda: host.run("curl", "-4" if dice.random() < 0.5 else "-6", *CLOSE, "--connect-timeout", "1", *urls))


def updates(lab, host, dice):
    """Every hour the same file of the mirror that everybody uses."""
    lab.act(host, "asks for updates", ("over", dice.uniform(0, 1800), DAY - 3600), lambda: host.run("curl", *CLOSE, *["http://mirror.example/InRelease"] * 24))


def clock(lab, host, dice):
    lab.act(host, "asks a clock", ("over", dice.uniform(0, 900), DAY - 1800), lambda: host.run(sys.executable, "-c", CLOCK, site_address(MIRROR_AT), 40))


def post(lab, host, dice):
    """A mail program that asks every five minutes; the provider is declared."""
    start, count = dice.uniform(8, 9) * HOUR, 96
    lab.act(host, "asks for mail", ("times", [start + i * 300 + dice.uniform(0, 2) for i in range(count)]), lambda: host.run("curl", *CLOSE, *["https://post.example/inbox"] * count))


def noise(lab, host, dice):
    lab.act(host, "DHCP and mDNS", ("over", dice.uniform(0, 600), 20 * HOUR), lambda: host.run(sys.executable, "-c", NOISE, host.four))


def ask(lab, host, name, place, names, *options):
    listed = lab.folder / f"names-{host.name}-{len(lab.acts)}"
    listed.write_text("".join(f"{one}\n" for one in names))
    lab.act(host, name, place, lambda: host.run("dig", "@198.18.0.53", "+tries=1", "+time=2", *options, "-f", listed))


def mail_server(lab, host, dice):
    """Looks senders up in block lists, by IPv4 and IPv6, and domains of which some do not exist."""
    four = [".".join(str(dice.randrange(1, 255)) for _ in range(4)) + ".bl.dnsbl.example" for _ in range(150)]
    six = [".".join(dice.choice("0123456789abcdef") for _ in range(32)) + ".bl6.dnsbl.example" for _ in range(90)]
    ask(lab, host, "block lists", ("over", dice.uniform(0, 10) * HOUR, dice.uniform(0.2, 6) * HOUR), [one for pair in zip(four, six) for one in pair] + four[90:])
    senders = [f"www.site{dice.randrange(SITES)}.example" if dice.random() < 0.85 else f"gone{i}{dice.randrange(99)}.example" for i in range(120)]
    ask(lab, host, "domains of senders", ("over", dice.uniform(10, 15) * HOUR, 5 * HOUR), senders, "-t", "MX")


def cdn(lab, host, dice):
    """Many names of content networks: some short, some long and looking random."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    names = [f"d{''.join(dice.choice(letters) for _ in range(13))}.net.cdn.example" for _ in range(90)]
    names += [f"r{i % 20}---sn-{''.join(dice.choice(letters) for _ in range(8))}.video.example" for i in range(70)]
    names += [f"ec2-{dice.randrange(3, 99)}-{dice.randrange(256)}-{dice.randrange(256)}-{dice.randrange(256)}.ap-northeast-1.compute.cloud.example" for i in range(30)]
    ask(lab, host, "content networks", ("over", dice.uniform(8, 16) * HOUR, dice.uniform(0.5, 3) * HOUR), names)
    ask(lab, host, "DNSSEC", ("over", dice.uniform(8, 16) * HOUR, 600), [f"{one} DNSKEY" for one in ("example", "site.example", *names[:20])], "+dnssec", "+bufsize=1232")


def monitor(lab, host, dice, targets):
    """Pings and TCP checks of everything, of which some is off."""
    everything = [one.four for one in targets] + [f"198.18.9.{i}" for i in range(1, 5)]
    lab.act(host, "pings", ("over", 0, DAY - 600), lambda: host.run("fping", "-q", "-c", 6, "-p", 200, "-t", 200, *everything))
    servers = [one.four for one in targets if one.name.startswith("server")]
    for i in range(4):
        lab.act(host, "checks services", ("at", i * 6 * HOUR + dice.uniform(0, 60)), lambda: host.run("nmap", "-n", "-Pn", "-sT", "-T4", "-p", "22", *servers))


def administrator(lab, host, dice, servers):
    """Signs in to every server, by a key."""
    def work():
        for one in servers:
            host.run("dbclient", "-y", "-y", "-i", lab.folder / "key", f"keeper@{one.four}", "uptime", more={"env": {"HOME": str(lab.folder), "PATH": "/usr/bin:/usr/sbin:/bin:/sbin"}})
    lab.act(host, "administers", ("over", dice.uniform(8, 12) * HOUR, dice.uniform(0.1, 2) * HOUR), work)


def developer(lab, host, dice, server, times):
    """Fetches from a server by rsync over SSH; different amounts each time."""
    def work():
        for i in range(times):
            host.run("rsync", "-e", f"dbclient -y -y -i {lab.folder}/key", f"keeper@{server.four}:{lab.folder}/site/size{dice.randrange(8)}", lab.folder / f"fetched-{host.name}")
    lab.act(host, "fetches by rsync", ("over", dice.uniform(9, 12) * HOUR, dice.uniform(60, 600) * times / 10), work)


def backup(lab, host, dice, inside, big):
    """At night: everything to a host inside, and to a declared store outside."""
    lab.act(host, "backup inside", ("at", dice.uniform(0, 5) * HOUR), lambda: host.run("curl", "-s", "-m", 30, "--limit-rate", "80M", "-T", big, f"http://{inside.four}:9000/backup"))
    lab.act(host, "backup outside", ("at", dice.uniform(0, 5) * HOUR), lambda: host.run("curl", "-s", "-m", 30, "--limit-rate", "80M", "-T", big, "http://store.example:9000/backup"))


def scanner(lab, host, dice, servers):
    """A vulnerability scanner that is declared."""
    lab.act(host, "declared scanner", ("over", dice.uniform(1, 5) * HOUR, dice.uniform(0.1, 2) * HOUR),
            lambda: host.run("nmap", "-n", "-Pn", "-sS", "-F", "--max-retries", 1, "--min-rate", 300, *[one.four for one in servers[:3]], limit=20))


NGINX = """
daemon off; pid {folder}/nginx-{name}.pid; error_log /dev/null; worker_processes 1;
events {{ worker_connections 256; }}
http {{ access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ {listens} ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem; root {folder}/site;
    location / {{ try_files $uri /size3; }}
    location /private {{ auth_basic "private"; auth_basic_user_file {folder}/users; }} }} }}
"""


def web_server(lab, host, plain, secure):
    listens = "".join(f"listen {port}; listen [::]:{port}; " for port in plain) + "".join(f"listen {port} ssl; listen [::]:{port} ssl; " for port in secure)
    path = lab.folder / f"nginx-{host.name}.conf"
    path.write_text(NGINX.format(folder=lab.folder, name=host.name, listens=listens))
    host.start("nginx", "-p", lab.folder, "-c", path)


def files_of_servers(lab, dice):
    folder = lab.folder
    (folder / "site").mkdir()
    for i in range(8):
        (folder / f"site/size{i}").write_bytes(dice.randbytes(300 * 3 ** i))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lab", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, **QUIET)
    word = subprocess.run(["openssl", "passwd", "-6", "a long word that no list has"], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "users").write_text(f"keeper:{word}\n")
    subprocess.run(["dropbearkey", "-t", "ed25519", "-f", folder / "host.key"], check=True, **QUIET)
    shown = subprocess.run(["dropbearkey", "-t", "ed25519", "-f", folder / "key"], check=True, capture_output=True, text=True).stdout
    (folder / ".ssh").mkdir(mode=0o700)
    (folder / ".ssh/authorized_keys").write_text(next(line for line in shown.splitlines() if line.startswith("ssh-")) + "\n")
    (folder / ".ssh/authorized_keys").chmod(0o600)


def names_server(lab, host, tunnels):
    """`tunnels`: domain → address of its server."""
    (lab.folder / "hosts").write_text(hosts_file())
    host.start("dnsmasq", "-k", "-u", "root", "-g", "root", "--no-resolv", "--no-hosts", "--pid-file=", "--conf-file=/dev/null", "--log-facility=/dev/null", f"--addn-hosts={lab.folder}/hosts", "--cache-size=1000",
               *[f"--server=/{domain}/{address}" for domain, address in tunnels.items()], "--local=/#/", f"--address=/cdn.example/{site_address(SITE_AT)}",
               f"--address=/video.example/{site_address(SITE_AT + 1)}", f"--address=/cloud.example/{site_address(SITE_AT + 2)}")
