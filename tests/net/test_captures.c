/*
 * Real captures, where they are (../shared/data/pcaps): whole, with the file cut at any byte, with every packet cut to
 * any length, each in memory of its own size, through the observer and every dissector: whatever comes, all that was
 * taken is given back, and every packet is accounted for. A sample; more with NOROSHI_LONG=1.
 */
#include "replay.h"

#include "base/file.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED 77
#define SAMPLE 4 /* one of so many captures */
#define LARGEST ((size_t)64 << 20)

static uint64_t packets; /* of flows that ended */

static void on_flow(void *context, const struct flow *flow, enum flow_over why)
{
	(void)context, (void)why;
	packets += flow->packets[0] + flow->packets[1];
}

static void fail_here(const char *path, const char *what, unsigned long long at)
{
	printf("not ok - %s: %s %llu\n", path, what, at);
	exit(1);
}

/* An exact copy of each frame, of at most *context bytes. */
static void observe_frame(void *context, struct observer *observer, const struct frame *frame)
{
	const uint32_t *most = context;
	struct frame cut = *frame;
	if (cut.size > *most)
		cut.size = *most;
	uint8_t *copy = malloc(cut.size ? cut.size : 1);
	if (!copy)
		exit(2);
	memcpy(copy, frame->bytes, cut.size);
	cut.bytes = copy;
	observer_frame(observer, &cut);
	free(copy);
}

static void run(const char *path, const uint8_t *bytes, size_t size, uint32_t most)
{
	struct observer_settings settings = observer_defaults;
	struct capture_file *file;
	struct observer_counts counts = { 0 };
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(2);
	memcpy(copy, bytes, size);
	settings.flows = 10000;
	settings.flow_over = on_flow;
	packets = 0;
	if (capture_file_bytes(copy, size, &file, NULL) == OK)
		counts = replay_capture(file, &settings, observe_frame, &most);
	if (counts.stream_memory || counts.flows_active)
		fail_here(path, "something was kept:", counts.stream_memory + counts.flows_active);
	uint64_t told = packets + counts.not_ip + counts.malformed;
	if (told > counts.frames || (counts.fragments[0] + counts.fragments[1] == 0 && told != counts.frames))
		fail_here(path, "packets that are of no flow:", counts.frames - told);
	free(copy);
}

static void run_cuts(const char *path, const uint8_t *bytes, size_t size, int rounds)
{
	run(path, bytes, size, UINT32_MAX);
	for (int i = 0; i < rounds; i++) {
		run(path, bytes, (size_t)rand() % (size + 1), UINT32_MAX);
		run(path, bytes, size, (uint32_t)(rand() % (i % 2 ? 100 : 1600)));
	}
}

int main(int argc, char **argv)
{
	const char *longer = getenv("NOROSHI_LONG"), *seed = getenv("NOROSHI_SEED");
	char pattern[4096];
	glob_t found;

	srand(seed ? (unsigned)atoi(seed) : 1);
	snprintf(pattern, sizeof pattern, "%s/*/*", argc > 1 ? argv[1] : "");
	if (argc != 2 || glob(pattern, 0, NULL, &found) != 0)
		return SKIPPED;
	for (size_t i = longer ? 0 : (size_t)rand() % SAMPLE; i < found.gl_pathc; i += longer ? 1 : SAMPLE) {
		char *bytes;
		size_t size;
		if (file_read(found.gl_pathv[i], LARGEST, &bytes, &size, NULL) != OK)
			continue;
		run_cuts(found.gl_pathv[i], (const uint8_t *)bytes, size, longer ? 20 : 2);
		free(bytes);
	}
	printf("%zu captures\n", found.gl_pathc);
	globfree(&found);
	return 0;
}
