/*
 * What a live sensor looks for, in its main thread; see sensor_lists.h.
 */
#include "watch/sensor_lists.h"

#include "base/log.h"

#define CHANGES_SHARE 10 /* of the main thread's time, one part of so many goes to changes */

/* What is taken together is one overlay: the more there is in it, the longer the rest until the next one. */
static void read_changes(struct sensor_lists *lists)
{
	struct detection_changes changes;
	struct failure failure;
	nanoseconds begun = time_monotonic();
	enum error error = detection_changes_read(lists->sets, &changes, &failure);

	lists->changes_taken += changes.taken;
	lists->changes_refused += changes.malformed;
	if (error)
		log_write(LOG_ERROR, "changes of indicators cannot be taken", LOG_FIELD_STRING("why", failure.words));
	lists->changes_next = time_monotonic() + (time_monotonic() - begun) * CHANGES_SHARE;
}

static void on_changes(void *context)
{
	struct sensor_lists *lists = context;

	watch_stop(lists->changes_timer);
	lists->changes_timer = NULL;
	read_changes(lists);
}

static void changes_ready(struct sensor_lists *lists)
{
	nanoseconds rest = lists->changes_next - time_monotonic();

	if (lists->changes_timer)
		return;
	if (rest <= 0 || !(lists->changes_timer = loop_timer(lists->loop, rest, 0, on_changes, lists)))
		read_changes(lists);
}

static void set_taken(struct sensor_lists *lists, const struct taken *taken)
{
	const char *path = lists->files->paths[taken->kind];

	if (!taken->failure.code) {
		lists->sets_taken++;
		lists->have[taken->kind] = true;
		log_write(LOG_INFO, "what is looked for is in force", LOG_FIELD_STRING("file", path),
		    LOG_FIELD_NUMBER("milliseconds", taken->used / MILLISECOND));
		return;
	}
	lists->sets_refused++;
	if (!lists->taker)
		lists->refused = taken->failure;
	else
		log_write(LOG_ERROR, "what is looked for stays as it was", LOG_FIELD_STRING("file", path),
		    LOG_FIELD_STRING("why", taken->failure.words));
}

static void taker_ready(void *context, int descriptor, unsigned ready)
{
	struct sensor_lists *lists = context;
	struct taken taken;

	(void)descriptor, (void)ready;
	while (taker_next(lists->taker, &taken)) {
		set_taken(lists, &taken);
		if (taken.kind == DETECTION_SHARED) /* there may be room for changes again */
			changes_ready(lists);
	}
}

void sensor_lists_set(struct sensor_lists *lists, const struct opener_answer *answer, int descriptor)
{
	struct taken taken = { .kind = (enum detection_kind)answer->number };
	nanoseconds begun = time_monotonic();

	if (!answer->error && descriptor < 0) { /* nothing is there yet */
		lists->have[answer->number] = true;
		return;
	}
	if (!answer->error && lists->taker) {
		taker_give(lists->taker, taken.kind, descriptor);
		return;
	}
	if (answer->error)
		fail(&taken.failure, answer->error, "%s", answer->words);
	else
		taken.failure.code = detection_sets_take(lists->sets, taken.kind, descriptor, &taken.failure);
	taken.used = time_monotonic() - begun;
	set_taken(lists, &taken);
}

void sensor_lists_changes(struct sensor_lists *lists, int descriptor)
{
	if (descriptor >= 0)
		detection_changes_file(lists->sets, descriptor);
	changes_ready(lists);
}

enum error sensor_lists_begin(struct sensor_lists *lists, struct failure *failure)
{
	enum error error = taker_new(lists->sets, BEHIND_WORKERS, &lists->taker, failure);

	if (!error && !loop_descriptor(lists->loop, taker_descriptor(lists->taker), LOOP_READ, taker_ready, lists))
		error = fail(failure, ERROR_MEMORY, "no memory to listen");
	return error;
}
