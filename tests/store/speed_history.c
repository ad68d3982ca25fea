/*
 * How fast history appends on one core: batches of 1,000 alerts of about 500 bytes, one sync for every eight batches,
 * beside the bare cost of what it cannot do without (zstd and CRC-32C of the same bytes). `meson test --benchmark`.
 */
#include "store/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#define BATCH 1000
#define BATCHES 600

static double seconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void encode_batch(struct builder *to, uint32_t batch)
{
	builder_clear(to);
	for (uint32_t i = 0; i < BATCH; i++) {
		char line[512];
		uint64_t mixed = hash_u64((uint64_t)batch << 32 | i, 1);
		int size = snprintf(line, sizeof line,
		    "{\"timestamp\":\"2022-01-18T11:59:%02u.%06u+0000\",\"flow_id\":%llu,\"event_type\":\"alert\","
		    "\"src_ip\":\"10.35.%u.%u\",\"src_port\":%u,\"dest_ip\":\"192.168.%u.%u\",\"dest_port\":80,"
		    "\"proto\":\"TCP\","
		    "\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%u,\"rev\":4,\"signature\":\"ET SCAN "
		    "User Agent "
		    "number %u seen\",\"category\":\"Web Application "
		    "Attack\",\"severity\":1},\"http\":{\"hostname\":\"shop.example\","
		    "\"url\":\"/index.php?id=%llx\",\"http_method\":\"GET\",\"status\":404,\"length\":%u}}",
		    i % 60, (unsigned)(mixed % 1000000), (unsigned long long)mixed, (unsigned)(mixed >> 8 & 255),
		    (unsigned)(mixed >> 16 & 255), (unsigned)(mixed >> 24 & 0xffff), (unsigned)(mixed >> 40 & 255),
		    (unsigned)(mixed >> 48 & 255), (unsigned)(2016000 + mixed % 50), (unsigned)(mixed % 50),
		    (unsigned long long)(mixed >> 20), (unsigned)(mixed >> 30 & 0xffff));
		struct alert alert = { .id = { 1, { 1, batch }, i + 1 },
			.organisation = 1,
			.occurred = (nanoseconds)1642500000 * SECOND + i,
			.received = (nanoseconds)1642500001 * SECOND,
			.detector = TEXT("Suricata"),
			.signature = TEXT("ET SCAN User Agent number seen"),
			.category = TEXT("Web Application Attack"),
			.host = TEXT("shop.example"),
			.repeats = 1,
			.original = { line, (size_t)size } };
		alert_encode(&alert, to);
	}
}

/* What no store of this kind can leave out. */
static double bare_seconds(struct text bytes)
{
	size_t room = ZSTD_compressBound(bytes.size);
	char *to = malloc(room);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	double start = seconds(CLOCK_THREAD_CPUTIME_ID);
	uint32_t sum = 0;
	for (int i = 0; i < BATCHES; i++)
		sum = checksum(sum, to, ZSTD_compressCCtx(context, to, room, bytes.at, bytes.size, 1));
	double taken = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
	ZSTD_freeCCtx(context);
	free(to);
	return sum == 1 ? 0 : taken;
}

int main(void)
{
	char folder[] = "/tmp/noroshi-speed-XXXXXX", command[64];
	struct history *history;
	struct failure failure = { 0 };
	struct builder encoded = { 0 };
	double cpu = 0, wall = 0;
	uint64_t position, raw = 0;
	enum error error = mkdtemp(folder) ? history_open(folder, &history, NULL, &failure) : ERROR_SYSTEM;
	for (uint32_t i = 0; i < BATCHES && !error; i++) {
		encode_batch(&encoded, i);
		struct history_batch batch = { .organisation = 1,
			.sensor = 1,
			.epoch = { 1, i },
			.sequence_first = 1,
			.sequence_end = UINT64_MAX,
			.received = (nanoseconds)1642500001 * SECOND,
			.lines = BATCH,
			.alerts = BATCH,
			.last = true };
		double cpu_start = seconds(CLOCK_THREAD_CPUTIME_ID), wall_start = seconds(CLOCK_MONOTONIC);
		error = history_append(history, &batch, (struct text){ encoded.at, encoded.size }, &position, &failure);
		if (!error && i % 8 == 7)
			error = history_sync(history, &failure);
		cpu += seconds(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
		wall += seconds(CLOCK_MONOTONIC) - wall_start;
		raw += encoded.size;
	}
	if (!error) {
		double bare = bare_seconds((struct text){ encoded.at, encoded.size });
		printf("%d alerts of %.0f bytes: %.0f alerts/s of CPU, %.0f alerts/s by the clock with syncs; zstd and "
		       "CRC alone "
		       "%.0f alerts/s: ratio %.2f\n",
		    BATCH * BATCHES, (double)raw / BATCH / BATCHES, BATCH * BATCHES / cpu, BATCH * BATCHES / wall,
		    BATCH * BATCHES / bare, cpu / bare);
		history_close(history);
	} else {
		fprintf(stderr, "%s\n", failure.words);
	}
	builder_free(&encoded);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command) != 0 || error;
}
