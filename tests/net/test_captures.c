/*
 * Real captures, where they are (../shared/data/pcaps): whole, with the file cut at any byte, with every packet cut to
 * any length, each in memory of its own size, through the observer and every dissector: whatever comes, all that was
 * taken is given back, and every packet is accounted for. A sample; more with NOROSHI_LONG=1: then the small ones are
 * cut at every byte, the others at every byte of their beginning and at places that are drawn. That takes hours with
 * sanitizers; what is done is noted in the file NOROSHI_CUTS (captures-cut.txt), and the next run of the same program
 * goes on from there.
 */
#include "replay.h"

#include "base/file.h"
#include "base/hash.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED 77
#define SAMPLE 4 /* one of so many captures */
#define LARGEST ((size_t)64 << 20)
#define SMALL 16384   /* bytes of a file that is cut everywhere */
#define BEGINNING 512 /* of any other */
#define DRAWN 256     /* further places */

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

static void run_with(const char *path, const uint8_t *bytes, size_t size, uint32_t most, uint32_t flows)
{
	struct observer_settings settings = observer_defaults;
	struct capture_file *file;
	struct observer_counts counts = { 0 };
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(2);
	memcpy(copy, bytes, size);
	settings.flows = flows;
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

static void run(const char *path, const uint8_t *bytes, size_t size, uint32_t most)
{
	run_with(path, bytes, size, most, 10000);
}

static void run_cuts(const char *path, const uint8_t *bytes, size_t size, int rounds)
{
	run(path, bytes, size, UINT32_MAX);
	for (int i = 0; i < rounds; i++) {
		run(path, bytes, (size_t)rand() % (size + 1), UINT32_MAX);
		run(path, bytes, size, (uint32_t)(rand() % (i % 2 ? 100 : 1600)));
	}
}

/* ── at any byte ─ */

/* What this very program has done: a line "cuts path" for each capture, behind one with the program's own hash. */
struct done {
	char *text;
	FILE *file;
};

static void open_done(struct done *done)
{
	const char *path = getenv("NOROSHI_CUTS");
	char *program, first[40];
	size_t size, ignored;
	path = path && *path ? path : "captures-cut.txt";
	if (file_read("/proc/self/exe", LARGEST * 4, &program, &size, NULL) != OK)
		exit(2);
	snprintf(first, sizeof first, "program %016llx\n", (unsigned long long)hash_bytes(program, size, 0));
	free(program);
	if (file_read(path, LARGEST, &done->text, &ignored, NULL) != OK)
		done->text = NULL;
	bool same = done->text && strncmp(done->text, first, strlen(first)) == 0;
	done->file = fopen(path, same ? "a" : "w");
	if (!done->file)
		exit(2);
	if (same)
		return;
	fputs(first, done->file);
	free(done->text);
	done->text = NULL;
}

/* 0 = it was not. */
static unsigned long long cuts_done(const struct done *done, const char *path)
{
	char wanted[4200];
	snprintf(wanted, sizeof wanted, " %s\n", path);
	const char *at = done->text ? strstr(done->text, wanted) : NULL;
	while (at && at > done->text && at[-1] != '\n')
		at--;
	return at ? strtoull(at, NULL, 10) : 0;
}

static unsigned long long cut_everywhere(const char *path, const uint8_t *bytes, size_t size)
{
	size_t each = size <= SMALL ? size : BEGINNING;
	unsigned long long cuts = 0;
	for (size_t at = 0; at <= each; at++, cuts++)
		run_with(path, bytes, at, UINT32_MAX, 256);
	for (int i = 0; size > SMALL && i < DRAWN; i++, cuts++)
		run_with(path, bytes, (size_t)rand() % (size + 1), UINT32_MAX, 256);
	return cuts;
}

static unsigned long long cut_further(
    struct done *done, const char *path, const char *bytes, size_t size, unsigned long long *before)
{
	unsigned long long cuts = cuts_done(done, path);
	*before += cuts;
	if (cuts)
		return cuts;
	run_cuts(path, (const uint8_t *)bytes, size, 20);
	cuts = cut_everywhere(path, (const uint8_t *)bytes, size);
	fprintf(done->file, "%llu %s\n", cuts, path);
	fflush(done->file);
	return cuts;
}

int main(int argc, char **argv)
{
	const char *longer = getenv("NOROSHI_LONG"), *seed = getenv("NOROSHI_SEED");
	unsigned long long cuts = 0, before = 0;
	struct done done = { 0 };
	char pattern[4096];
	glob_t found;

	srand(seed ? (unsigned)atoi(seed) : 1);
	snprintf(pattern, sizeof pattern, "%s/*/*", argc > 1 ? argv[1] : "");
	if (argc != 2 || glob(pattern, 0, NULL, &found) != 0)
		return SKIPPED;
	if (longer)
		open_done(&done);
	for (size_t i = longer ? 0 : (size_t)rand() % SAMPLE; i < found.gl_pathc; i += longer ? 1 : SAMPLE) {
		char *bytes;
		size_t size;
		if (file_read(found.gl_pathv[i], LARGEST, &bytes, &size, NULL) != OK)
			continue;
		if (longer)
			cuts += cut_further(&done, found.gl_pathv[i], bytes, size, &before);
		else
			run_cuts(found.gl_pathv[i], (const uint8_t *)bytes, size, 2);
		free(bytes);
	}
	printf("%zu captures\n", found.gl_pathc);
	if (longer) {
		printf("%llu cuts, %llu of them in an earlier run\n", cuts, before);
		fclose(done.file);
	}
	free(done.text);
	globfree(&found);
	return 0;
}
