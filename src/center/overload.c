/*
 * Overload of the centre, as the front sees it. See overload.h.
 */
#include "center/overload.h"

#include "base/log.h"
#include "center/ingest.h"

#include <stdlib.h>

#define LOOK_EVERY (200 * MILLISECOND)
#define OWN_TIMES 5 /* an organisation's own batches wait so many times as long: it is told to come again */

struct overload {
	struct front *front;
	bool overloaded;
	nanoseconds since;
	uint64_t reads, batches; /* put off since then */
	struct counter *shed_reads, *shed_batches, *level, *longest;
};

static nanoseconds waited(const struct ingest *ingest, nanoseconds now)
{
	bool waits = ingest->state == INGEST_READY || ingest->state == INGEST_STORING;
	return waits ? now - ingest->waiting_since : 0;
}

static nanoseconds longest_wait(const struct front *front, nanoseconds now)
{
	nanoseconds longest = 0;
	for (const struct ingest *each = front->ingests->all; each; each = each->all_next)
		if (waited(each, now) > longest)
			longest = waited(each, now);
	return longest;
}

static void begin(struct overload *overload, nanoseconds now, nanoseconds wait)
{
	overload->overloaded = true;
	overload->since = now;
	overload->reads = overload->batches = 0;
	counter_set(overload->level, 1);
	log_write(LOG_WARNING,
	    "the centre is overloaded: statistics and searches are put off, no saved-up quota is given out",
	    LOG_FIELD_NUMBER("batch_waits_milliseconds", wait / MILLISECOND));
}

static void end(struct overload *overload, nanoseconds now)
{
	overload->overloaded = false;
	counter_set(overload->level, 0);
	log_write(LOG_INFO, "the overload is over", LOG_FIELD_NUMBER("seconds", (now - overload->since) / SECOND),
	    LOG_FIELD_NUMBER("requests_put_off", overload->reads),
	    LOG_FIELD_NUMBER("batches_refused", overload->batches));
}

static void look(void *context)
{
	struct overload *overload = context;
	nanoseconds now = time_monotonic(), limit = overload->front->process->settings.overload;
	nanoseconds wait = longest_wait(overload->front, now);
	counter_set(overload->longest, (double)wait / (double)SECOND);
	if (!overload->overloaded && wait > limit)
		begin(overload, now, wait);
	else if (overload->overloaded && wait < limit / 2)
		end(overload, now);
}

enum error overload_new(struct front *front, struct overload **to, struct failure *failure)
{
	struct overload *overload = calloc(1, sizeof *overload);
	if (!overload || !loop_timer(front->process->loop, LOOK_EVERY, LOOK_EVERY, look, overload)) {
		free(overload);
		return fail(failure, ERROR_MEMORY, "no memory to watch the load");
	}
	struct counters *counters = front->process->counters;
	const char *name = "noroshi_shed", *help = "What was put off because the centre is overloaded.";
	overload->front = front;
	overload->shed_reads = counter_get(counters, COUNTER_TOTAL, name, help, "what", TEXT("requests"));
	overload->shed_batches = counter_get(counters, COUNTER_TOTAL, name, help, "what", TEXT("batches"));
	overload->level = counter_get(
	    counters, COUNTER_GAUGE, "noroshi_overload", "1 while the centre is overloaded.", NULL, TEXT_NONE);
	overload->longest = counter_get(counters, COUNTER_GAUGE, "noroshi_ingest_wait_seconds",
	    "How long the oldest batch waits that was let in.", NULL, TEXT_NONE);
	*to = overload;
	return OK;
}

unsigned overload_level(const struct overload *overload)
{
	return overload->overloaded;
}

bool overload_refuses(struct overload *overload, const struct member *member)
{
	if (!overload->overloaded)
		return false;
	/* The heads are the oldest: batches of an organisation are read and stored in the order in which they came. */
	const struct ingest *first = member->storing.first ? member->storing.first : member->reading.first;
	nanoseconds limit = OWN_TIMES * overload->front->process->settings.overload;
	if (!first || waited(first, time_monotonic()) < limit)
		return false;
	overload->batches++;
	counter_add(overload->shed_batches, 1);
	return true;
}

bool overload_defers(struct overload *overload, const struct route *route)
{
	if (!overload->overloaded || !route->deferrable)
		return false;
	overload->reads++;
	counter_add(overload->shed_reads, 1);
	return true;
}
