"""Indicators and signatures in the numbers that a centre has, made at random: what a sensor carries while it is measured.

The kinds are mixed as feeds mix them; nearly nothing of it is in the captures, as in life.
"""
import random

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ENDINGS = ("com", "net", "org", "info", "xyz", "top", "co.jp", "ru", "cn", "shop")


def word(source, least, most):
    return "".join(source.choices(LETTERS, k=source.randint(least, most)))


def domain(source):
    return ".".join([word(source, 3, 12) for _ in range(source.randint(1, 2))] + [source.choice(ENDINGS)])


def indicator(source):
    kind = source.random()
    if kind < 0.40:
        return domain(source)
    if kind < 0.65:
        return f"{source.randint(1, 223)}.{source.randint(0, 255)}.{source.randint(0, 255)}.{source.randint(1, 254)}"
    if kind < 0.70:
        return f"2001:db8:{source.getrandbits(16):x}:{source.getrandbits(16):x}::{source.randint(1, 65535):x}"
    if kind < 0.72:
        return f"{source.randint(1, 223)}.{source.randint(0, 255)}.{source.randint(0, 255)}.0/24"
    if kind < 0.85:
        return f"http://{domain(source)}/{word(source, 4, 10)}/{word(source, 4, 16)}.{source.choice(('php', 'exe', 'js', 'zip'))}"
    return f"{source.getrandbits(256):064x}"


def make_indicators(path, count, seed=1):
    source = random.Random(seed)
    with open(path, "w", encoding="ascii") as file:
        file.writelines(indicator(source) + "\n" for _ in range(count))


def signature(source, number):
    """One rule: names and requests of known families for the most part, payload for the rest."""
    end = f"sid:{number}; rev:1;)"
    kind = source.random()
    if kind < 0.30:
        return f'alert dns any any -> any any (msg:"name {number}"; dns.query; content:"{domain(source)}"; nocase; endswith; {end}'
    if kind < 0.45:
        return f'alert tls any any -> any any (msg:"server {number}"; flow:established,to_server; tls.sni; content:"{domain(source)}"; endswith; {end}'
    if kind < 0.75:
        more = f' pcre:"/[?&]{word(source, 2, 4)}=[0-9a-f]{{8,}}/";' if source.random() < 0.3 else ""
        return (f'alert http any any -> any any (msg:"request {number}"; flow:established,to_server; http.method; content:"{source.choice(("GET", "POST"))}"; '
                f'http.uri; content:"/{word(source, 4, 8)}/{word(source, 4, 8)}.php"; nocase;{more} {end}')
    if kind < 0.85:
        return f'alert http any any -> any any (msg:"agent {number}"; http.user_agent; content:"{word(source, 6, 12)}/{source.randint(1, 9)}."; startswith; {end}'
    bits = "|" + " ".join(f"{source.getrandbits(8):02X}" for _ in range(source.randint(4, 10))) + "|"
    return (f'alert {source.choice(("tcp", "udp"))} any any -> any {source.choice(("any", "445", "1024:", "8080"))} (msg:"payload {number}"; content:"{bits}"; '
            f'content:"{word(source, 5, 12)}"; distance:0; within:200; {end}')


def make_signatures(path, count, seed=2):
    source = random.Random(seed)
    with open(path, "w", encoding="ascii") as file:
        file.writelines(signature(source, number + 1) + "\n" for number in range(count))
