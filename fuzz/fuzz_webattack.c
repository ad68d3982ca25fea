/*
 * The normal form of what clients send, and the detector over it: the first line is the agent, every further one a
 * target.
 *
 * Sources: watch/webattack.c, watch/webattack_normal.c, watch/webattack_scan.c, watch/webattack_judge.c,
 * watch/webattack_finding.c, watch/webattack_memory.c.
 */
#include "fuzz.h"
#include "watch/webattack.h"
#include "watch/webattack_normal.h"

static void check_flagged(void *context, const struct flagged *flagged)
{
	(void)context;
	CHECK(flagged->words && flagged->line && flagged->attack < ATTACK_COUNT);
}

static void check_finding(void *context, const struct finding *finding)
{
	(void)context;
	CHECK(finding->requests && finding->range_count && finding->range_count <= RANGES_MOST);
	CHECK(finding->ranges[0].first <= finding->ranges[0].last);
}

static struct webattack *detector(void)
{
	static struct webattack *made;
	const struct webattack_settings small = { 64, 64, 16 }; /* so that places run out */
	const struct webattack_sink sink = { check_flagged, check_finding, NULL };
	if (!made)
		CHECK(webattack_new(&small, &sink, &made, NULL) == OK);
	return made;
}

/* The patterns take long to compile under a sanitizer: that is no input's fault. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	return detector() == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct normal normal;
	static uint64_t number;
	struct text rest = { (const char *)data, size };
	struct text agent = text_cut(&rest, '\n');
	while (rest.size) {
		struct text target = text_cut(&rest, '\n');
		normal_target(&normal, target);
		CHECK(normal.size <= target.size && normal.size <= NORMAL_MOST);
		number++;
		struct weblog_request request = { .occurred = (nanoseconds)number * SECOND,
			.client_name = (struct text){ target.at, target.size % 7 },
			.method = target.size % 3 ? TEXT("POST") : TEXT("GET"),
			.target = target,
			.agent = agent,
			.status = target.size % 5 ? 200 : 404,
			.size = target.size };
		webattack_request(detector(), &request, 0, number);
	}
	return 0;
}
