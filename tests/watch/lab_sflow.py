"""The packets of a capture as a switch would sample them: sFlow v5 datagrams (raw headers of 128 bytes), in a capture file of their own, each at
the time of its newest sample. sFlow has no times of its own, so it is the capture that must carry them."""
import random
import struct

import lab_time

AGENT, COLLECTOR = bytes((198, 18, 0, 77)), bytes((198, 18, 0, 78))
HEADER, SAMPLES = 128, 5


def sample(number, packet, rate, pool):
    kept = packet[:HEADER]
    protocol = 11 if packet[0] >> 4 == 4 else 12
    header = struct.pack(">IIII", protocol, len(packet), 0, len(kept)) + kept + bytes(-len(kept) % 4)
    record = struct.pack(">II", 1, len(header)) + header
    body = struct.pack(">IIIIIIII", number, 1, rate, pool, 0, 1, 2, 1) + record
    return struct.pack(">II", 1, len(body)) + body


def datagram(number, samples):
    body = struct.pack(">II4sIIII", 5, 1, AGENT, 0, number, number * 1000, len(samples)) + b"".join(samples)
    udp = struct.pack(">HHHH", 6343, 6343, 8 + len(body), 0) + body
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, AGENT, COLLECTOR) + udp


def export(captures, path, rate, seed):
    """Returns how many packets were sampled. A sample waits for others for a second at most."""
    dice, sent, waiting, pool, count = random.Random(seed), [], [], 0, 0

    def flush():
        if waiting:
            sent.append((waiting[-1][0], datagram(len(sent) + 1, [one for _, one in waiting])))
            waiting.clear()
    for capture in captures:
        for time, packet in lab_time.read(capture):
            pool += 1
            if waiting and (len(waiting) == SAMPLES or time - waiting[0][0] > 1):
                flush()
            if packet and not dice.randrange(rate):
                count += 1
                waiting.append((time, sample(count, packet, rate, pool)))
    flush()
    lab_time.write(path, sent)
    return count
