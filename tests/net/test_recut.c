/*
 * Every capture of the shared data again with its TCP segments cut into 1, 2 and 7 bytes, those swapped in pairs and
 * each sent twice: the dissectors must say the same. Without arguments: all captures; with some: those files.
 *
 * How long a hole is waited for is a matter of bytes and acknowledgements (net/tcp_stream.h), so that nothing differs
 * where segments came late or never either.
 */
#include "replay.h"

#include "formats/eve_record.h"
#include "net/packet.h"

#include <arpa/inet.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED 77
#define MUST(condition) ((condition) ? (void)0 : abort())

/* How segments are changed: pieces of so many bytes; 0 = as they are. */
struct change {
	uint32_t piece;
	bool disorder; /* swapped in pairs, and each twice */
};

struct run {
	struct observer *observer; /* while it is replayed */
	struct builder records;
	struct change change;
};

static void on_facts(void *context, const struct dissection *dissection, enum side side, const void *facts)
{
	struct run *run = context;
	size_t before = run->records.size;
	build_char(&run->records, '{');
	if (eve_members(&run->records, dissection, side, facts))
		build_text(&run->records, TEXT("}\n"));
	else
		run->records.size = before;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* The headers of a raw IP packet; returns their size. */
static size_t put_headers(uint8_t *to, const struct packet *packet, uint32_t sequence, unsigned flags, size_t payload)
{
	size_t ip = packet->ip_version == 4 ? 20 : 40;
	memset(to, 0, ip + 20);
	if (packet->ip_version == 4) {
		to[0] = 0x45;
		put16(to + 2, (unsigned)(ip + 20 + payload));
		to[8] = 64;
		to[9] = IPPROTO_TCP;
		memcpy(to + 12, packet->source.bytes + 12, 4);
		memcpy(to + 16, packet->destination.bytes + 12, 4);
	} else {
		to[0] = 0x60;
		put16(to + 4, (unsigned)(20 + payload));
		to[6] = IPPROTO_TCP;
		to[7] = 64;
		memcpy(to + 8, packet->source.bytes, 16);
		memcpy(to + 24, packet->destination.bytes, 16);
	}
	uint8_t *tcp = to + ip;
	put16(tcp, packet->ports[0]);
	put16(tcp + 2, packet->ports[1]);
	put32(tcp + 4, sequence);
	put32(tcp + 8, packet->acknowledgement);
	tcp[12] = 5 << 4;
	tcp[13] = (uint8_t)flags;
	put16(tcp + 14, 65535);
	return ip + 20;
}

/* Piece `index` of a segment. */
static void send_piece(struct run *run, const struct frame *frame, const struct packet *packet, uint32_t index)
{
	uint8_t bytes[40 + 20 + 16];
	uint32_t piece = run->change.piece, from = index * piece;
	uint32_t size = packet->size - from < piece ? packet->size - from : piece;
	bool first = index == 0, last = from + size == packet->size, syn = packet->tcp_flags & TCP_SYN;
	unsigned flags = packet->tcp_flags;
	if (!first)
		flags &= ~(unsigned)TCP_SYN;
	if (!last)
		flags &= ~(unsigned)(TCP_FIN | TCP_RST);
	size_t head = put_headers(bytes, packet, packet->sequence + from + (syn && !first), flags, size);
	memcpy(bytes + head, packet->at + from, size);
	struct frame cut = *frame;
	cut.bytes = bytes;
	cut.size = cut.on_wire = (uint32_t)(head + size);
	cut.link = LINK_RAW;
	for (int i = 0; i < 1 + run->change.disorder; i++)
		observer_frame(run->observer, &cut);
}

static bool is_cut(const struct run *run, const struct packet *packet, enum packet_kind kind)
{
	return run->change.piece && kind == PACKET_WHOLE && packet->ip_protocol == IPPROTO_TCP && !packet->damaged &&
	       !packet->not_captured && !packet->vlan[0] && packet->size > run->change.piece;
}

static void send_frame(void *context, struct observer *observer, const struct frame *frame)
{
	struct run *run = context;
	struct packet packet;
	run->observer = observer;
	enum packet_kind kind = packet_decode(frame, &packet);
	if (!is_cut(run, &packet, kind)) {
		observer_frame(observer, frame);
		return;
	}
	uint32_t pieces = (packet.size + run->change.piece - 1) / run->change.piece;
	/* The first piece stays first: where a connection's beginning was not captured, nothing says that it came late.
	 */
	for (uint32_t i = 0; i < pieces; i++) {
		uint32_t other = ((i - 1) ^ 1u) + 1;
		send_piece(run, frame, &packet, run->change.disorder && i && other < pieces ? other : i);
	}
}

static struct builder records_of(const char *path, struct change change)
{
	struct run run = { .change = change };
	struct observer_settings settings = observer_defaults;
	struct capture_file *file;
	settings.listener = (struct listener){ .context = &run, .facts = on_facts };
	settings.flows = 1u << 16;
	if (capture_file_open(path, &file, NULL) == OK)
		replay_capture(file, &settings, send_frame, &run);
	MUST(!run.records.failed);
	return run.records;
}

/* Prints the first line that differs; 1 when one does. */
static unsigned compare(const char *path, struct change change, const struct builder *whole)
{
	struct builder cut = records_of(path, change);
	struct text left = { whole->at, whole->size }, right = { cut.at, cut.size };
	unsigned differs = !text_equal(left, right);
	while (left.size || right.size) {
		struct text a = text_cut(&left, '\n'), b = text_cut(&right, '\n');
		if (text_equal(a, b))
			continue;
		printf("%s in %u bytes%s:\n  %.*s\n  %.*s\n", path, change.piece, change.disorder ? " in disorder" : "",
		    (int)a.size, a.at ? a.at : "", (int)b.size, b.at ? b.at : "");
		break;
	}
	builder_free(&cut);
	return differs;
}

int main(int count, char **arguments)
{
	static const struct change changes[] = { { 1, false }, { 2, true }, { 7, false }, { 7, true }, { 1, true } };
	const char *root = getenv("SOURCE_ROOT");
	char pattern[4096];
	glob_t found = { 0 };
	unsigned files = 0, differ = 0;
	snprintf(pattern, sizeof pattern, "%s/../shared/data/pcaps/*/*.*cap*", root ? root : ".");
	if (count < 2 && glob(pattern, 0, NULL, &found) != 0) {
		puts("no captures in ../shared: skipped");
		return SKIPPED;
	}
	char **paths = count > 1 ? arguments + 1 : found.gl_pathv;
	for (; *paths; paths++, files++) {
		struct builder whole = records_of(*paths, (struct change){ 0 });
		for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
			differ += compare(*paths, changes[i], &whole);
		builder_free(&whole);
	}
	printf("%u captures, %u differences\n", files, differ);
	globfree(&found);
	return differ > 0;
}
