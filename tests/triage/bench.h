/*
 * What the tests of triage share: a triage whose sink remembers what was said last of each event and alert.
 */
#ifndef NOROSHI_TESTS_TRIAGE_BENCH_H
#define NOROSHI_TESTS_TRIAGE_BENCH_H

#include "triage/triage.h"

#define MONDAY (19000 * DAY)
#define MOST_EVENTS 64
#define MOST_ALERTS 20000

/* What came out: the newest word on each event and each alert (by position). */
struct found {
	struct event *events[MOST_EVENTS];
	unsigned event_count, taken_back, provisional_told;
	enum verdict verdicts[MOST_ALERTS];
	struct uuid of_event[MOST_ALERTS];
};

struct bench {
	struct triage_settings settings;
	struct triage *triage;
	struct found *found;
	uint64_t sequence;
};

void bench_start(struct bench *bench); /* a new triage; what was found stays */
int set_up(void **state);
int tear_down(void **state);
struct alert alert_of(uint32_t organisation, nanoseconds time, const char *signature, const char *host);
/* Its place in the stream is its sequence and its position, which is returned. */
uint64_t feed(struct bench *bench, struct alert alert);
struct address address_from(const char *text);

#endif
