/*
 * A capture file (libpcap's format) of one question to a name server, for a sensor to read.
 */
function word(value) {
	return [value >> 8 & 255, value & 255];
}

function dnsQuestion(name) {
	const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
	return [...word(0x4e6f), ...word(0x0100), ...word(1), ...word(0), ...word(0), ...word(0), ...labels, 0, ...word(1), ...word(1)];
}

function checksum(bytes) {
	let sum = 0;
	for (let at = 0; at < bytes.length; at += 2)
		sum += bytes[at] << 8 | bytes[at + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* From 198.51.100.7 to 192.0.2.53, without a checksum of UDP (RFC 768: 0 is none). */
export function captureOfQuestion(name, now = Date.now()) {
	const question = dnsQuestion(name);
	const udp = [...word(40000), ...word(53), ...word(8 + question.length), ...word(0), ...question];
	const header = [0x45, 0, ...word(20 + udp.length), ...word(1), ...word(0), 64, 17, 0, 0, 198, 51, 100, 7, 192, 0, 2, 53];
	header.splice(10, 2, ...word(checksum(header)));
	const frame = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, ...header, ...udp];
	const file = Buffer.alloc(24 + 16);
	[0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1, Math.floor(now / 1000), now % 1000 * 1000, frame.length, frame.length]
		.forEach((value, at) => file.writeUInt32LE(value, 4 * at));
	return Buffer.concat([file, Buffer.from(frame)]);
}
