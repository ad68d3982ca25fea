/*
 * Lines of EVE JSON. See lines.h. Addresses are those reserved for documentation and private use (RFC 5737, 3849,
 * 1918); the signatures are of no rule set.
 */
#include "lines.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOSTS 40u
#define FAR_SIDES 600u
#define LINE_ROOM 1024

/* Where the parts that differ in each batch stand. */
struct line {
	uint16_t size, time, flow, port;
	char text[LINE_ROOM];
};

struct lines {
	uint32_t number;
	unsigned count;
	uint64_t drawn; /* of the pseudo-random sequence */
	uint64_t made;
	struct line *pool;
};

/* The frequent ones first: the n-th is drawn about half as often as the one before. */
static const struct signature {
	const char *words, *category, *application;
	unsigned severity, port, status;
} signatures[] = {
	{ "POLICY package update over HTTP", "Not Suspicious Traffic", "http", 3, 80, 200 },
	{ "INFO query for a dynamic name service", "Potentially Bad Traffic", "dns", 3, 53, 0 },
	{ "SCAN many ports of one host", "Attempted Information Leak", "failed", 3, 22, 0 },
	{ "INFO certificate issued a short time ago", "Misc activity", "tls", 3, 443, 0 },
	{ "POLICY login failed for a known account", "Attempted User Privilege Gain", "http", 2, 443, 403 },
	{ "STREAM packet outside of the window", "Generic Protocol Command Decode", "failed", 3, 443, 0 },
	{ "SCAN web scanner by its user agent", "Attempted Information Leak", "http", 2, 80, 404 },
	{ "WEB_SERVER SQL injection attempt in a parameter", "Web Application Attack", "http", 1, 80, 404 },
	{ "HTTP unusual header", "Generic Protocol Command Decode", "http", 3, 80, 200 },
	{ "WEB_SERVER path traversal attempt", "Web Application Attack", "http", 1, 80, 403 },
	{ "DNS answer with a very short lifetime", "Potentially Bad Traffic", "dns", 3, 53, 0 },
	{ "SMB session without signing", "Misc activity", "smb", 3, 445, 0 },
};
#define SIGNATURES (sizeof signatures / sizeof *signatures)

static unsigned draw(struct lines *lines, unsigned below)
{
	return (unsigned)(hash_u64(lines->drawn++, lines->number) % below);
}

static const struct signature *draw_signature(struct lines *lines)
{
	unsigned which = 0;
	while (which + 1 < SIGNATURES && draw(lines, 2))
		which++;
	return &signatures[which];
}

static void add_address(struct builder *to, const struct lines *lines, unsigned which, bool far)
{
	bool six = which % 10 == 9;
	if (far && six)
		build_format(to, "2001:db8:%x::%x", 0x1000 + which % 50, which);
	else if (far)
		build_format(to, "%s.%u", which % 2 ? "203.0.113" : "198.51.100", 1 + which % 250);
	else if (six)
		build_format(to, "2001:db8:%x::%x", 1 + lines->number, 0x10 + which);
	else
		build_format(to, "10.%u.%u.%u", lines->number / 250 % 250, lines->number % 250, 10 + which);
}

static void add_application(struct lines *lines, const struct signature *signature, struct builder *to)
{
	unsigned which = draw(lines, 200);
	if (!strcmp(signature->application, "http"))
		build_format(to,
		    ",\"http\":{\"hostname\":\"www%u.example.test\",\"url\":\"/app/%u/list?page=%u&id=%u\","
		    "\"http_user_agent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:%u.0) Gecko/20100101\",\"http_method\":"
		    "\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":%u,\"length\":%u}",
		    which % 9, which, draw(lines, 20), draw(lines, 100000), 90 + which % 30, signature->status,
		    draw(lines, 40000));
	else if (!strcmp(signature->application, "dns"))
		build_format(to,
		    ",\"dns\":{\"query\":[{\"type\":\"query\",\"id\":%u,\"rrname\":\"host%u.dynamic.example.test\","
		    "\"rrtype\":\"A\",\"tx_id\":0}]}",
		    draw(lines, 65536), which);
	else if (!strcmp(signature->application, "tls"))
		build_format(to,
		    ",\"tls\":{\"sni\":\"service%u.example.test\",\"version\":\"TLS 1.3\",\"ja3s\":{\"hash\":"
		    "\"%016llx%016llx\"}}",
		    which, (unsigned long long)hash_u64(which, 1), (unsigned long long)hash_u64(which, 2));
}

/* The rest of a line up to a size drawn from [400, 900): what the packet held, printable, as HTTP clients send it. */
static void add_payload(struct lines *lines, struct builder *to, size_t begin)
{
	static const char *const pieces[] = { "Accept: text/html,application/xml;q=0.9,*/*;q=0.8..",
		"Accept-Language: ja,en-US;q=0.7,en;q=0.3..", "Accept-Encoding: gzip, deflate, br..",
		"Connection: keep-alive..", "Referer: https://portal.example.test/start..", "Cache-Control: no-cache..",
		"Content-Type: application/x-www-form-urlencoded..", "Upgrade-Insecure-Requests: 1.." };
	size_t size = LINE_LEAST + draw(lines, LINE_MOST - LINE_LEAST - 1);
	build_text(to, TEXT(",\"payload_printable\":\""));
	while (to->size - begin + 80 < size) {
		build_text(to, text_of(pieces[draw(lines, sizeof pieces / sizeof *pieces)]));
		build_format(to, "X-Request: %x..", draw(lines, 1u << 31));
	}
	while (to->size - begin + 3 < size)
		build_char(to, '.');
	build_text(to, TEXT("\"}\n"));
}

/* A line with room for its time, flow and port; `at` says where they are. */
static void add_line(struct lines *lines, const struct signature *signature, uint64_t id, unsigned host, unsigned far,
    struct builder *to, struct line *at)
{
	size_t begin = to->size;
	build_text(to, TEXT("{\"timestamp\":\""));
	at->time = (uint16_t)(to->size - begin);
	build_text(to, TEXT("2026-01-01T00:00:00.000000+0000\",\"flow_id\":"));
	at->flow = (uint16_t)(to->size - begin);
	build_text(to, TEXT("1000000000000000,\"in_iface\":\"eth0\",\"event_type\":\"alert\",\"src_ip\":\""));
	add_address(to, lines, far, true);
	build_text(to, TEXT("\",\"src_port\":"));
	at->port = (uint16_t)(to->size - begin);
	build_text(to, TEXT("10000,\"dest_ip\":\""));
	add_address(to, lines, host, false);
	build_format(to,
	    "\",\"dest_port\":%u,\"proto\":\"TCP\",\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%llu,"
	    "\"rev\":%u,\"signature\":\"LOAD %s\",\"category\":\"%s\",\"severity\":%u}",
	    signature->port, (unsigned long long)id, 1 + (unsigned)id % 5, signature->words, signature->category,
	    signature->severity);
	add_application(lines, signature, to);
	build_format(to,
	    ",\"app_proto\":\"%s\",\"flow\":{\"pkts_toserver\":%u,\"pkts_toclient\":%u,\"bytes_toserver\":%u}",
	    signature->application, 1 + draw(lines, 90), draw(lines, 90), 60 + draw(lines, 90000));
	add_payload(lines, to, begin);
	at->size = (uint16_t)(to->size - begin);
}

struct lines *lines_new(uint32_t number, unsigned count)
{
	struct lines *lines = calloc(1, sizeof *lines);
	struct builder text = { 0 };
	if (!lines || !(lines->pool = calloc(count, sizeof *lines->pool))) {
		free(lines);
		return NULL;
	}
	lines->number = number;
	lines->count = count;
	for (unsigned i = 0; i < count; i++) {
		const struct signature *signature = draw_signature(lines);
		unsigned variant = draw(lines, 8), host = draw(lines, 1 + draw(lines, HOSTS));
		builder_clear(&text);
		add_line(lines, signature, 9100000 + (uint64_t)(signature - signatures) * 100 + variant, host,
		    draw(lines, FAR_SIDES), &text, &lines->pool[i]);
		memcpy(lines->pool[i].text, text.at, lines->pool[i].size);
	}
	builder_free(&text);
	return lines;
}

void lines_free(struct lines *lines)
{
	if (lines)
		free(lines->pool);
	free(lines);
}

static void digits(char *to, unsigned count, uint64_t value)
{
	while (count--) {
		to[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* "2026-01-01T00:00:00." of this second; the microseconds follow. */
static void second_format(nanoseconds now, char to[static 21])
{
	time_t second = (time_t)(now / SECOND);
	struct tm parts;
	gmtime_r(&second, &parts);
	strftime(to, 21, "%Y-%m-%dT%H:%M:%S.", &parts);
}

static void stamp(struct lines *lines, const struct line *at, const char *second, nanoseconds now, char *line)
{
	memcpy(line + at->time, second, 20);
	digits(line + at->time + 20, 6, (uint64_t)(now % SECOND / MICROSECOND));
	digits(line + at->flow + 1, 15, hash_u64(lines->made, lines->number) % 1000000000000000);
	digits(line + at->port, 5, 10000 + lines->made % 50000);
	lines->made++;
}

void lines_batch(struct lines *lines, unsigned count, nanoseconds now, struct builder *to)
{
	char second[21];
	second_format(now, second);
	for (unsigned i = 0; i < count; i++) {
		const struct line *line = &lines->pool[draw(lines, lines->count)];
		size_t begin = to->size;
		build_text(to, (struct text){ line->text, line->size });
		if (to->failed)
			return;
		stamp(lines, line, second, now, to->at + begin);
	}
}

void lines_compromise(struct lines *lines, nanoseconds now, struct builder *to)
{
	static const struct signature compromise = { "TROJAN check-in to command and control",
		"A Network Trojan was detected", "http", 1, 443, 200 };
	char second[21];
	size_t begin = to->size;
	struct line at;
	unsigned which = (unsigned)lines->made;
	second_format(now, second);
	add_line(lines, &compromise, 9900000 + which % 90000, 60 + which % 150, 5000 + which, to, &at);
	if (!to->failed)
		stamp(lines, &at, second, now, to->at + begin);
}
