"""Puts what a lab did in seconds into a day: a capture's packets get other times, and nothing else of them is changed.

A flow (packets of the same two ends and ports) belongs to the act of its first sender that was going on. Its first packet is placed by the
act's rule; the others follow it at the distances that they really had: what happens within a connection is as the tools did it.

  ("at", t)            the act happens at t seconds of the day, as fast as it was
  ("over", t, span)    it begins at t and takes `span` seconds: distances between flows grow alike
  ("times", [t, …])    its n-th TCP connection happens at the n-th of them; other flows as the first
  ("slowly", t, span)  it begins at t, and each of its flows lasts `span` seconds: its packets lie in it evenly
"""
import bisect
import ipaddress
import struct

SLL2 = 276
RAW = 101


def frames(path):
    """(time, IP packet) of a capture that tcpdump made on all interfaces."""
    with open(path, "rb") as file:
        head = file.read(24)
        magic, link = struct.unpack("<I16xI", head)
        assert magic == 0xA1B2C3D4 and link == SLL2, (hex(magic), link)
        while len(record := file.read(16)) == 16:
            seconds, micro, kept, _ = struct.unpack("<IIII", record)
            yield seconds + micro / 1e6, file.read(kept)[20:]


def ends(packet):
    """(source, target, protocol, ports), and whether it is the SYN of a client; None for what is no IP."""
    if packet[0] >> 4 == 4:
        at, protocol, addresses = (packet[0] & 15) * 4, packet[9], (packet[12:16], packet[16:20])
        later = struct.unpack_from(">H", packet, 6)[0] & 0x1FFF
    else:
        at, protocol, addresses, later = 40, packet[6], (packet[8:24], packet[24:40]), 0
    ports, syn = (0, 0), False
    if protocol in (6, 17) and not later and len(packet) >= at + 4:
        ports = struct.unpack_from(">HH", packet, at)
        syn = protocol == 6 and len(packet) > at + 13 and packet[at + 13] & 0x12 == 2
    return addresses, protocol, ports, syn


class Flows:
    """Packets by flow. A SYN after an answer, or that comes much later, begins another one; else it is sent again."""

    def __init__(self, path):
        self.flows, newest = [], {}
        for time, packet in frames(path):
            (source, target), protocol, ports, syn = ends(packet)
            key = (protocol, *sorted(((source, ports[0]), (target, ports[1]))))
            flow = newest.get(key)
            if flow is None or (syn and time - flow["last"] > (0.1 if flow["answered"] else 5)):
                flow = newest[key] = {"source": source, "target": target, "tcp": protocol == 6, "packets": [], "answered": False}
                self.flows.append(flow)
            flow["last"] = time
            flow["answered"] |= source != flow["source"]
            flow["packets"].append((time, packet))


class Acts:
    """Which act a flow belongs to."""

    def __init__(self, acts):
        self.by_source, self.relayed = {}, {}
        for act in acts:
            act["count"] = 0
            for address in act["addresses"]:
                self.by_source.setdefault(ipaddress.ip_address(address).packed, []).append(act)
            if act["relayed"]:
                self.relayed.setdefault(tuple(ipaddress.ip_address(one).packed for one in act["relayed"]), []).append(act)
        for several in self.by_source.values():
            several.sort(key=lambda act: act["begin"])

    def of(self, flow):
        time, several = flow["packets"][0][0], self.relayed.get((flow["source"], flow["target"])) or self.by_source.get(flow["source"], ())
        index = bisect.bisect_right([act["begin"] - 0.005 for act in several], time) - 1
        return several[index] if index >= 0 and time <= several[index]["end"] + 5 else None


def placed(act, flow):
    """When the flow begins, in seconds of the day."""
    since, (rule, *values) = max(0.0, flow["packets"][0][0] - act["begin"]), act["place"]
    if rule == "at":
        return values[0] + since
    if rule == "times":
        index = act["count"] if flow["tcp"] else 0
        act["count"] += flow["tcp"]
        return values[0][min(index, len(values[0]) - 1)] - (0 if flow["tcp"] else 0.2)
    return values[0] + since * (1 if rule == "slowly" else values[1] / max(act["end"] - act["begin"], 0.1))


def distances(act, flow):
    """Of the flow's packets to its first, in seconds."""
    times = [time for time, _ in flow["packets"]]
    if act["place"][0] == "slowly":
        return [act["place"][2] * i / max(len(times) - 1, 1) for i in range(len(times))]
    return [time - times[0] for time in times]


def day_of(path, acts, day):
    """(time, packet) of the capture in this day, sorted; and how many packets belong to no act (they are left out)."""
    known, packets, stray = Acts(acts), [], 0
    for flow in Flows(path).flows:
        act = known.of(flow)
        if act is None:
            stray += len(flow["packets"])
            continue
        begin = day + placed(act, flow)
        packets += [(begin + distance, packet) for distance, (_, packet) in zip(distances(act, flow), flow["packets"])]
    packets.sort(key=lambda one: one[0])
    return packets, stray


def read(path):
    """(time, IP packet) of what write() wrote."""
    with open(path, "rb") as file:
        assert struct.unpack("<I16xI", file.read(24)) == (0xA1B2C3D4, RAW)
        while len(record := file.read(16)) == 16:
            seconds, micro, kept, _ = struct.unpack("<IIII", record)
            yield seconds + micro / 1e6, file.read(kept)


def write(path, packets):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, RAW))
        for time, packet in packets:
            file.write(struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(packet), len(packet)) + packet)
