/*
 * The funnel: alerts → noise by reason → events, by organisation and day; and how many records that are no alerts are
 * kept of that time. Counters only, so that it is also for those who read no contents.
 */
#include "store/record_store.h"
#include "triage/routes.h"

#include <stdio.h>

#define ROWS_LARGEST 2000

struct sums {
	const struct titles *titles;
	json_t *rows;
	struct funnel total;
};

static uint64_t noise_of(const struct funnel *funnel)
{
	uint64_t noise = 0;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		noise += verdict_is_noise((enum verdict)i) ? funnel->verdicts[i] : 0;
	return noise;
}

static void add_figures(json_t *object, const struct funnel *funnel)
{
	uint64_t noise = noise_of(funnel), kept = funnel->verdicts[VERDICT_EVENT] + funnel->verdicts[VERDICT_CONTEXT];
	uint64_t judged = noise + kept;
	json_object_set_new(object, "alerts", json_integer((json_int_t)funnel->alerts));
	json_object_set_new(object, "noise", json_integer((json_int_t)noise));
	json_object_set_new(object, "kept", json_integer((json_int_t)kept));
	json_object_set_new(
	    object, "pending", json_integer(judged < funnel->alerts ? (json_int_t)(funnel->alerts - judged) : 0));
	json_object_set_new(object, "events", json_integer((json_int_t)funnel->events));
	json_object_set_new(object, "malformed", json_integer((json_int_t)funnel->malformed));
	json_object_set_new(object, "late", json_integer((json_int_t)funnel->late));
	json_t *verdicts = json_array();
	for (unsigned i = VERDICT_EVENT; i < VERDICT_COUNT; i++) {
		json_t *verdict = json_object();
		output_string(verdict, "code", verdict_code((enum verdict)i));
		json_object_set_new(verdict, "count", json_integer((json_int_t)funnel->verdicts[i]));
		json_array_append_new(verdicts, verdict);
	}
	json_object_set_new(object, "verdicts", verdicts);
}

static void add_row(void *context, const struct funnel *funnel)
{
	struct sums *sums = context;
	sums->total.alerts += funnel->alerts;
	sums->total.malformed += funnel->malformed;
	sums->total.late += funnel->late;
	sums->total.events += funnel->events;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		sums->total.verdicts[i] += funnel->verdicts[i];
	if (json_array_size(sums->rows) >= ROWS_LARGEST)
		return;
	json_t *row = json_object();
	output_day(row, "day", (nanoseconds)funnel->day * DAY + 1);
	json_object_set_new(row, "organisation", json_integer(funnel->organisation));
	title_add(sums->titles, funnel->organisation, row);
	add_figures(row, funnel);
	json_array_append_new(sums->rows, row);
}

struct counting {
	const struct call *call;
	int64_t first, last; /* days */
	uint64_t records;
};

static void count_records(void *context, uint32_t organisation)
{
	struct counting *counting = context;
	const struct call *call = counting->call;
	int64_t asked = input_integer(call, "organisation", 0);
	if (!asked || asked == organisation)
		counting->records +=
		    record_store_count(call->records, call->scope, organisation, counting->first, counting->last);
}

static int32_t day_of(nanoseconds time, int32_t absent)
{
	return time ? (int32_t)(time / DAY) : absent;
}

enum error funnel_read(struct call *call, struct failure *failure)
{
	nanoseconds from = input_integer(call, "from", 0), to = input_integer(call, "to", 0);
	struct titles *titles;
	enum error error = titles_load(call, &titles, failure);
	if (error)
		return error;
	struct sums sums = { .titles = titles, .rows = json_array() };
	json_t *total = json_object();
	json_object_set_new(call->output, "rows", sums.rows);
	json_object_set_new(call->output, "total", total);
	error = store_funnel_each(call->store, call->scope, (uint32_t)input_integer(call, "organisation", 0),
	    day_of(from, INT32_MIN), day_of(to, INT32_MAX), add_row, &sums, failure);
	add_figures(total, &sums.total);
	struct counting counting = { call, day_of(from, INT32_MIN), day_of(to, INT32_MAX), 0 };
	if (call->records)
		record_store_organisations(call->records, count_records, &counting);
	json_object_set_new(total, "records", json_integer((json_int_t)counting.records));
	json_object_set_new(call->output, "cut", json_boolean(json_array_size(sums.rows) >= ROWS_LARGEST));
	titles_output(titles, call);
	output_day(call->output, "from", from);
	output_day(call->output, "to", to);
	return error ? error
		     : watched_output(call, (uint32_t)input_integer(call, "organisation", 0), from, to, DAY, failure);
}
