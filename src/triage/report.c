/*
 * What `noroshi triage` found. See report.h.
 */
#include "triage/report.h"

#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_EVENTS 10
#define WRITE_BYTES ((size_t)1 << 16)

static struct reported_event *event_find(struct report *report, struct uuid id)
{
	for (size_t i = report->event_count; i--;)
		if (uuid_equal(report->events[i].id, id))
			return &report->events[i];
	return NULL;
}

static struct reported_event *event_take(struct report *report, struct uuid id)
{
	struct reported_event *event = event_find(report, id);
	if (event)
		return event;
	if (report->event_count == report->event_room) {
		void *more = array_grow(report->events, &report->event_room, 64, sizeof *report->events);
		if (!more) {
			report->failed = true;
			return NULL;
		}
		report->events = more;
	}
	event = &report->events[report->event_count++];
	*event = (struct reported_event){ .id = id };
	return event;
}

static void sink_event(void *context, const struct event *event)
{
	struct report *report = context;
	struct reported_event *reported = event_take(report, event->id);
	if (!reported)
		return;
	builder_clear(&reported->encoded);
	event_encode(event, &reported->encoded);
	report->failed |= reported->encoded.failed;
	reported->rank = event->rank;
	reported->first = event->first;
}

static void sink_campaign(void *context, struct uuid id, uint32_t organisation, struct uuid campaign)
{
	struct report *report = context;
	struct reported_event *reported = event_find(report, id);
	struct event *event = malloc(sizeof *event);
	(void)organisation;
	struct reader from = reported ? reader_of(reported->encoded.at, reported->encoded.size) : (struct reader){ 0 };
	if (event && reported && event_decode(&from, event, NULL) == OK) {
		event->campaign = campaign;
		sink_event(report, event);
	}
	free(event);
}

static void sink_judged(void *context, const struct triage_judgement *judgement)
{
	struct report *report = context;
	if (!report->assigns || uuid_is_nil(judgement->event))
		return;
	if (report->assignment_count == report->assignment_room) {
		void *more =
		    array_grow(report->assignments, &report->assignment_room, 4096, sizeof *report->assignments);
		if (!more) {
			report->failed = true;
			return;
		}
		report->assignments = more;
	}
	struct reported_event *event = event_take(report, judgement->event);
	report->assignments[report->assignment_count++] = (struct assignment){ .input = judgement->alert.sensor - 1,
		.event = event ? (uint32_t)(event - report->events) + 1 : 0,
		.line = judgement->position };
}

struct triage_sink report_sink(struct report *report)
{
	return (struct triage_sink){ report, sink_judged, sink_event, sink_campaign };
}

void report_free(struct report *report)
{
	for (size_t i = 0; i < report->event_count; i++)
		builder_free(&report->events[i].encoded);
	free(report->events);
	free(report->assignments);
	*report = (struct report){ 0 };
}

static int by_rank(const void *a, const void *b)
{
	const struct reported_event *x = *(struct reported_event *const *)a, *y = *(struct reported_event *const *)b;
	if (x->rank > y->rank || x->rank < y->rank)
		return x->rank < y->rank ? 1 : -1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return memcmp(x->id.bytes, y->id.bytes, sizeof x->id.bytes);
}

/* Pointers to the events in the order of their rank; free() it. */
static struct reported_event **ranked(const struct report *report)
{
	struct reported_event **events = malloc((report->event_count + 1) * sizeof *events);
	if (!events)
		return NULL;
	for (size_t i = 0; i < report->event_count; i++)
		events[i] = &report->events[i];
	qsort(events, report->event_count, sizeof *events, by_rank);
	return events;
}

void report_rank(struct report *report)
{
	struct reported_event **events = ranked(report);
	for (size_t i = 0; events && i < report->event_count; i++)
		events[i]->place = (uint32_t)i + 1;
	report->failed |= !events;
	free(events);
}

/* Calls `each` with every event, best rank first. */
static enum error each_ranked(const struct report *report,
    enum error (*each)(void *context, const struct event *event, uint32_t place, struct failure *failure),
    void *context, struct failure *failure)
{
	struct reported_event **events = ranked(report);
	struct event *event = malloc(sizeof *event);
	enum error error = events && event ? OK : fail(failure, ERROR_MEMORY, "no memory for the events");
	for (size_t i = 0; i < report->event_count && !error; i++) {
		struct reader from = reader_of(events[i]->encoded.at, events[i]->encoded.size);
		error = event_decode(&from, event, failure);
		if (!error)
			error = each(context, event, (uint32_t)i + 1, failure);
	}
	free(events);
	free(event);
	return error;
}

struct writing {
	struct file *file; /* NULL: standard output */
	struct builder text;
	const struct inputs *inputs;
};

static enum error write_gathered(struct writing *writing, struct failure *failure)
{
	enum error error = OK;
	if (writing->text.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for the output");
	else if (writing->file)
		error = file_append(writing->file, writing->text.at, writing->text.size, failure);
	else if (fwrite(writing->text.at, 1, writing->text.size, stdout) != writing->text.size)
		error = fail_errno(failure, "standard output");
	builder_clear(&writing->text);
	return error;
}

static enum error writing_begin(struct writing *writing, const char *path, struct failure *failure)
{
	return strcmp(path, "-") == 0 ? OK : file_replace_begin(path, 0644, &writing->file, failure);
}

static enum error writing_end(struct writing *writing, enum error error, struct failure *failure)
{
	if (!error && writing->text.size)
		error = write_gathered(writing, failure);
	if (writing->file && error)
		file_replace_abandon(writing->file);
	else if (writing->file)
		error = file_replace_commit(writing->file, failure);
	builder_free(&writing->text);
	return error;
}

static enum error write_event(void *context, const struct event *event, uint32_t place, struct failure *failure)
{
	struct writing *writing = context;
	(void)place;
	event_write_json(event, &writing->text);
	build_char(&writing->text, '\n');
	return writing->text.size > WRITE_BYTES ? write_gathered(writing, failure) : OK;
}

enum error report_write_events(const struct report *report, const char *path, struct failure *failure)
{
	struct writing writing = { 0 };
	enum error error = writing_begin(&writing, path, failure);
	if (error)
		return error;
	return writing_end(&writing, each_ranked(report, write_event, &writing, failure), failure);
}

static void build_csv_field(struct builder *to, struct text field)
{
	if (text_find(field, TEXT(",")) < 0 && text_find(field, TEXT("\"")) < 0 && text_find(field, TEXT("\n")) < 0) {
		build_text(to, field);
		return;
	}
	build_char(to, '"');
	for (size_t i = 0; i < field.size; i++) {
		if (field.at[i] == '"')
			build_char(to, '"');
		build_char(to, field.at[i]);
	}
	build_char(to, '"');
}

enum error report_write_assignments(
    const struct report *report, const struct inputs *inputs, const char *path, struct failure *failure)
{
	struct writing writing = { 0 };
	bool several = inputs->count > inputs->organisations;
	enum error error = writing_begin(&writing, path, failure);
	if (error)
		return error;
	build_text(&writing.text, several ? TEXT("org,line,event,rank,file\n") : TEXT("org,line,event,rank\n"));
	for (size_t i = 0; i < report->assignment_count && !error; i++) {
		const struct assignment *assignment = &report->assignments[i];
		const struct reported_event *event = &report->events[assignment->event - 1];
		char id[UUID_TEXT];
		if (!assignment->event)
			continue;
		build_csv_field(&writing.text, text_of(inputs->items[assignment->input].organisation_name));
		build_format(&writing.text, ",%" PRIu64 ",%s,%" PRIu32, assignment->line, uuid_format(event->id, id),
		    event->place);
		if (several) {
			build_char(&writing.text, ',');
			build_csv_field(&writing.text, text_of(inputs->items[assignment->input].path));
		}
		build_char(&writing.text, '\n');
		if (writing.text.size > WRITE_BYTES)
			error = write_gathered(&writing, failure);
	}
	return writing_end(&writing, error, failure);
}

/* ── for people ─ */

/* Gives how many of the inputs broke off. */
static unsigned add_input(const struct input *input, struct format_counts *counts)
{
	counts->lines += input->counts.lines;
	counts->skipped += input->counts.skipped;
	counts->malformed += input->counts.malformed;
	counts->duplicate_keys += input->counts.duplicate_keys;
	counts->implausible += input->counts.implausible;
	return input->broken;
}

/* How many of the inputs are broken, with what was counted in all of them. */
static unsigned sum_inputs(const struct inputs *inputs, struct format_counts *counts)
{
	unsigned broken = 0;
	*counts = (struct format_counts){ 0 };
	for (size_t i = 0; i < inputs->count; i++)
		broken += add_input(&inputs->items[i], counts);
	return broken;
}

static unsigned sum_own(const struct inputs *inputs, const struct owner *owner, struct format_counts *counts)
{
	unsigned broken = 0;
	*counts = (struct format_counts){ 0 };
	for (size_t at = owner->first; at; at = inputs->items[at - 1].next)
		broken += add_input(&inputs->items[at - 1], counts);
	return broken;
}

static enum error print_event(void *context, const struct event *event, uint32_t place, struct failure *failure)
{
	const struct inputs *inputs = context;
	char title[256], first[TIME_TEXT], last[TIME_TEXT];
	(void)failure;
	if (place > TOP_EVENTS)
		return OK;
	event_title(event, title, sizeof title);
	printf("\n%3" PRIu32 ". %s  [%s]  rank %.1f\n     %s – %s, %" PRIu64 " alerts, %" PRIu32 " hosts", place, title,
	    inputs->owners[event->organisation - 1]->name, event->rank, time_format(event->first, first),
	    time_format(event->last, last), event->alerts, event->hosts_all);
	if (event->sources_all)
		printf(", %" PRIu32 " sources", event->sources_all);
	puts(uuid_is_nil(event->campaign) ? "" : ", part of a campaign");
	for (uint32_t i = 0; i < event->reason_count; i++) {
		struct builder words = { 0 };
		reason_write(&event->reasons[i], event->reasons[i].words, &words);
		printf("     - %s\n", words.at ? words.at : "");
		builder_free(&words);
	}
	return OK;
}

void report_print(const struct report *report, const struct inputs *inputs, const struct triage *triage)
{
	struct triage_counts counts;
	struct format_counts lines;
	triage_count(triage, &counts);
	sum_inputs(inputs, &lines);
	printf("%" PRIu64 " alerts of %u organisations (%" PRIu64 " lines skipped, %" PRIu64 " malformed)\n",
	    counts.alerts, inputs->organisations, lines.skipped, lines.malformed);
	uint64_t events = counts.verdicts[VERDICT_EVENT] + counts.verdicts[VERDICT_CONTEXT];
	for (unsigned i = VERDICT_BACKGROUND; i < VERDICT_COUNT; i++)
		if (counts.verdicts[i])
			printf("  %12" PRIu64 "  noise: %s\n", counts.verdicts[i], verdict_words((enum verdict)i));
	printf("  %12" PRIu64 "  in events\n", events);
	printf("%zu events need confirmation\n", report->event_count);
	if (counts.late)
		printf("%" PRIu64 " alerts came later than the lateness bound and were judged out of order\n",
		    counts.late);
	if (lines.duplicate_keys)
		printf("%" PRIu64 " lines have a key twice, of which the first was taken\n", lines.duplicate_keys);
	if (counts.clamped)
		printf("%" PRIu64 " alerts had an implausible time, which was moved\n", counts.clamped);
	each_ranked(report, print_event, (void *)inputs, NULL);
}

static void print_counts_json(const struct triage_counts *counts, const struct format_counts *lines, unsigned broken)
{
	printf("\"broken\":%u,\"lines\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"malformed\":%" PRIu64
	       ",\"duplicate_keys\":%" PRIu64 ",\"implausible_times\":%" PRIu64 ",\"alerts\":%" PRIu64
	       ",\"verdicts\":{",
	    broken, lines->lines, lines->skipped, lines->malformed, lines->duplicate_keys, lines->implausible,
	    counts->alerts);
	for (unsigned i = VERDICT_EVENT; i < VERDICT_COUNT; i++)
		printf("%s\"%s\":%" PRIu64, i > VERDICT_EVENT ? "," : "", verdict_code((enum verdict)i),
		    counts->verdicts[i]);
	printf("},\"late\":%" PRIu64 ",\"clamped\":%" PRIu64 ",\"forgotten\":%" PRIu64 ",\"events\":%" PRIu64
	       ",\"memory_bytes\":%" PRIu64,
	    counts->late, counts->clamped, counts->forgotten, counts->events_opened, counts->memory);
}

void report_print_json(const struct report *report, const struct inputs *inputs, const struct triage *triage)
{
	struct triage_counts counts;
	struct format_counts lines;
	(void)report;
	triage_count(triage, &counts);
	unsigned broken = sum_inputs(inputs, &lines);
	putchar('{');
	print_counts_json(&counts, &lines, broken);
	fputs(",\"organisations\":[", stdout);
	for (uint32_t i = 1; i <= inputs->organisations; i++) {
		struct builder name = { 0 };
		build_json_string(&name, text_of(inputs->owners[i - 1]->name));
		printf("%s{\"name\":%s,", i > 1 ? "," : "", name.at ? name.at : "\"\"");
		builder_free(&name);
		triage_count_organisation(triage, i, &counts);
		broken = sum_own(inputs, inputs->owners[i - 1], &lines);
		print_counts_json(&counts, &lines, broken);
		putchar('}');
	}
	puts("]}");
}
