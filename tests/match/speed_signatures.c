/*
 * What matching signatures over payload costs beside Vectorscan alone: the same patterns, the same packets, one after
 * the other in one run. Run by bench/run signatures; prints one JSON object. CPU time of the thread.
 *
 * usage: speed_signatures SIGNATURES MEGABYTES
 */
#include "base/stream.h"
#include "match/signature.h"
#include "speed.h"

#include <hs/hs.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET 1400u
#define PACKETS_OF_FLOW 32u
#define ROUNDS 5

static void make_word(char *to, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		to[i] = "abcdefghijklmnopqrstuvwxyz0123456789/=&._-"[mix(seed + i * 1000003) % 42];
}

struct patterns {
	unsigned count;
	char (*at)[24];
	size_t *sizes;
};

static struct patterns make_patterns(unsigned count)
{
	struct patterns made = { count, calloc(count, sizeof *made.at), calloc(count, sizeof *made.sizes) };
	if (!made.at || !made.sizes)
		give_up("no memory");
	for (unsigned i = 0; i < count; i++) {
		made.sizes[i] = 5 + mix(i) % 12;
		make_word(made.at[i], made.sizes[i], (uint64_t)i << 20);
	}
	return made;
}

/* Half the bytes are text, half anything; one packet in a hundred holds a pattern, which is then half a signature. */
static uint8_t *make_payload(size_t size, const struct patterns *patterns)
{
	uint8_t *at = malloc(size);
	if (!at)
		give_up("no memory");
	for (size_t i = 0; i < size; i += 8) {
		uint64_t bits = mix(i);
		if (mix(i >> 12) & 1)
			make_word((char *)at + i, 8, bits);
		else
			memcpy(at + i, &bits, 8);
	}
	for (size_t i = 0; i + PACKET <= size; i += 100 * (size_t)PACKET) {
		unsigned number = (unsigned)(mix(i) % patterns->count);
		memcpy(at + i + 700, patterns->at[number], patterns->sizes[number]);
	}
	return at;
}

static struct signature_set *make_set(const struct patterns *patterns)
{
	struct signature_builder *builder = signature_builder_new();
	struct builder rules = { 0 };
	struct stream *stream;
	struct failure failure;
	struct signature_set *set;
	for (unsigned i = 0; i < patterns->count; i++)
		build_format(&rules,
		    "alert ip any any -> any any (msg:\"m%u\"; content:\"%.*s\"; %scontent:\"%u\"; distance:0; "
		    "sid:%u;)\n",
		    i, (int)patterns->sizes[i], patterns->at[i], i % 2 ? "nocase; " : "", i % 10, i + 1);
	if (!builder || rules.failed || stream_open_memory("rules", rules.at, rules.size, &stream, &failure) != OK ||
	    signature_builder_read(builder, stream, NULL, NULL, &failure) != OK ||
	    signature_builder_compile(builder, &set, &failure) != OK ||
	    signature_set_count(set).read != patterns->count)
		give_up("the rules cannot be read");
	stream_close(stream);
	builder_free(&rules);
	return set;
}

static int count_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(uint64_t *)context;
	return 0;
}

static hs_database_t *plain_database(const struct patterns *patterns)
{
	const char **at = calloc(patterns->count, sizeof *at);
	unsigned *flags = calloc(patterns->count, sizeof *flags), *ids = calloc(patterns->count, sizeof *ids);
	hs_database_t *database;
	hs_compile_error_t *wrong;
	if (!at || !flags || !ids)
		give_up("no memory");
	for (unsigned i = 0; i < patterns->count; i++) {
		at[i] = patterns->at[i];
		ids[i] = i;
		flags[i] = HS_FLAG_SINGLEMATCH | (i % 2 ? HS_FLAG_CASELESS : 0);
	}
	if (hs_compile_lit_multi(
		at, flags, ids, patterns->sizes, patterns->count, HS_MODE_BLOCK, NULL, &database, &wrong) != HS_SUCCESS)
		give_up("Vectorscan does not take the patterns");
	free(at);
	free(flags);
	free(ids);
	return database;
}

static double plain(const hs_database_t *database, hs_scratch_t *scratch, const uint8_t *at, size_t size)
{
	uint64_t matches = 0;
	double began = now();
	for (size_t i = 0; i + PACKET <= size; i += PACKET)
		hs_scan(database, (const char *)at + i, PACKET, 0, scratch, count_found, &matches);
	return now() - began;
}

static void count_alert(void *context, const struct signature_alert *alert)
{
	*(uint64_t *)context += alert->sid > 0;
}

static double ours(struct signature_matcher *matcher, const struct signature_set *set, uint8_t ip_protocol,
    const uint8_t *at, size_t size, uint64_t *alerts)
{
	struct flow flow = { .ip_protocol = ip_protocol, .ip_version = 4, .state = FLOW_ESTABLISHED };
	double began = now();
	*alerts = 0;
	for (size_t i = 0, number = 0; i + PACKET <= size; i += PACKET, number++) {
		if (number % PACKETS_OF_FLOW == 0) {
			if (flow.id)
				signature_matcher_flow_over(matcher, &flow);
			flow.id++;
		}
		signature_matcher_payload(matcher, set, &flow, SIDE_CLIENT, SECOND, number % PACKETS_OF_FLOW * PACKET,
		    at + i, PACKET, count_alert, alerts);
	}
	signature_matcher_flow_over(matcher, &flow);
	return now() - began;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		give_up("give a number of signatures and megabytes");
	struct patterns patterns = make_patterns((unsigned)atoi(argv[1]));
	size_t size = (size_t)atoi(argv[2]) * 1000000;
	uint8_t *payload = make_payload(size & ~(size_t)7, &patterns);
	struct signature_set *set = make_set(&patterns);
	struct signature_matcher *matcher = signature_matcher_new(&signature_defaults);
	hs_database_t *database = plain_database(&patterns);
	hs_scratch_t *scratch = NULL;
	double limit = 1e9, datagrams = 1e9, streams = 1e9;
	uint64_t datagram_alerts = 0, stream_alerts = 0;
	if (!matcher || hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
		give_up("no memory");
	for (int i = 0; i < ROUNDS; i++) {
		limit = least(limit, plain(database, scratch, payload, size & ~(size_t)7));
		datagrams = least(datagrams, ours(matcher, set, 17, payload, size & ~(size_t)7, &datagram_alerts));
		streams = least(streams, ours(matcher, set, 6, payload, size & ~(size_t)7, &stream_alerts));
	}
	printf("{\"signatures\":%u,\"hs_scan_mb_per_second\":%.0f,\"datagrams_mb_per_second\":%.0f,"
	       "\"streams_mb_per_second\":%.0f,\"datagrams_ratio\":%.2f,\"streams_ratio\":%.2f,"
	       "\"datagram_alerts\":%" PRIu64 ",\"stream_alerts\":%" PRIu64 "}\n",
	    patterns.count, (double)size / limit / 1e6, (double)size / datagrams / 1e6, (double)size / streams / 1e6,
	    limit / datagrams, limit / streams, datagram_alerts, stream_alerts);
	signature_matcher_free(matcher);
	signature_set_free(set);
	hs_free_scratch(scratch);
	hs_free_database(database);
	return 0;
}
