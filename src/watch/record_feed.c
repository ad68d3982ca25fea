/*
 * Records in followed files; see record_feed.h. Called by ship.c.
 */
#include "watch/record_feed.h"

#include "base/log.h"
#include "formats/record_write.h"
#include "watch/detection.h"
#include "watch/records.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_EVERY (10 * SECOND)          /* at whether indicators and signatures changed */
#define CHANGES_EVERY (100 * MILLISECOND) /* at what the exchange shares */

struct record_feed {
	const struct record_feed_settings *settings;
	struct detection_sets *sets;
	struct detection *detection;
	struct records *records;
	char host[256];                           /* of this machine: whose logs these are where they do not say it */
	nanoseconds looked, changes_looked;       /* monotonic */
	struct timespec changed[DETECTION_KINDS]; /* the files, when they were read */
	/* the newest batch */
	bool held;
	struct hash128 epoch;
	uint64_t begin, preamble; /* bytes of header lines in front of its content */
	struct record_batch found;
	struct builder text, alerts;
	struct record record;
};

void record_feed_settings_free(struct record_feed_settings *settings)
{
	for (size_t i = 0; i < settings->text_count; i++)
		free(settings->texts[i]);
	free(settings->texts);
	detection_options_free(&settings->detection);
	*settings = (struct record_feed_settings){ 0 };
}

/* ── formats ─ */

const struct record_format *record_feed_format(const char *format)
{
	struct text name = text_of(format), prefix = TEXT(RECORD_FEED_PREFIX);
	return text_starts(name, prefix) ? record_format_named(format + prefix.size) : NULL;
}

const char *record_feed_recognise(struct text beginning, struct json_parser *parser, int sure)
{
	const char *found = NULL;
	for (size_t i = 0; record_formats[i]; i++) {
		int more = record_formats[i]->recognise(beginning, parser);
		if (more > sure) {
			sure = more;
			found = record_formats[i]->name;
		}
	}
	return found;
}

/* ── what is looked for ─ */

static bool note_change(const char *path, struct timespec *changed)
{
	struct stat status;
	if (!path || stat(path, &status) != 0)
		return false;
	bool other = status.st_mtim.tv_sec != changed->tv_sec || status.st_mtim.tv_nsec != changed->tv_nsec;
	*changed = status.st_mtim;
	return other;
}

static enum error read_again(struct record_feed *feed, enum detection_kind kind, struct failure *failure)
{
	const struct detection_files *files = &feed->settings->detection.files;
	int sealed, descriptor = open(files->paths[kind], O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return fail_errno(failure, "%s", files->paths[kind]);
	enum error error = detection_share(files, kind, descriptor, &sealed, failure);
	return error ? error : detection_sets_take(feed->sets, kind, sealed, failure);
}

static void take_changes(struct record_feed *feed)
{
	struct failure failure;
	struct detection_changes changes;
	if (!feed->sets || !feed->settings->detection.files.changes ||
	    time_monotonic() - feed->changes_looked < CHANGES_EVERY)
		return;
	detection_changes_open(feed->sets);
	if (detection_changes_read(feed->sets, &changes, &failure) != OK)
		log_write(LOG_ERROR, "changes of indicators cannot be taken", LOG_FIELD_STRING("why", failure.words));
	feed->changes_looked = time_monotonic();
}

/* A list that was replaced is taken; one that cannot be read leaves the one before in force. */
static void look_again(struct record_feed *feed)
{
	struct failure failure;
	if (!feed->sets || time_monotonic() - feed->looked < LOOK_EVERY)
		return;
	feed->looked = time_monotonic();
	for (int kind = 0; kind < DETECTION_KINDS; kind++)
		if (note_change(feed->settings->detection.files.paths[kind], &feed->changed[kind]) &&
		    read_again(feed, (enum detection_kind)kind, &failure) != OK)
			log_write(LOG_ERROR, "what is looked for cannot be read again",
			    LOG_FIELD_STRING("why", failure.words));
}

static enum error begin_detection(struct record_feed *feed, struct failure *failure)
{
	const struct detection_files *files = &feed->settings->detection.files;
	if (!detection_wanted(files))
		return OK;
	for (int kind = 0; kind < DETECTION_KINDS; kind++)
		note_change(files->paths[kind], &feed->changed[kind]);
	enum error error = detection_sets_load(files, 1, &feed->sets, failure);
	if (!error && !(feed->detection = detection_new(feed->sets, 0)))
		error = fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	return error;
}

enum error record_feed_new(
    const struct record_feed_settings *settings, struct record_feed **made, struct failure *failure)
{
	struct record_feed *feed = calloc(1, sizeof *feed);
	if (!feed)
		return fail(failure, ERROR_MEMORY, "no memory to look at records");
	feed->settings = settings;
	feed->looked = time_monotonic();
	if (gethostname(feed->host, sizeof feed->host - 1) != 0)
		feed->host[0] = 0;
	enum error error = begin_detection(feed, failure);
	const struct behaviour_options *behaviour = &settings->detection.behaviour;
	const struct records_settings looked_for = { .host = text_of(feed->host),
		.detection = feed->detection,
		.behaviour = behaviour->asked ? &behaviour->settings : NULL,
		.rules = settings->rules };
	if (!error)
		error = records_new(&looked_for, &feed->records, failure);
	if (error) {
		record_feed_free(feed);
		return error;
	}
	*made = feed;
	return OK;
}

void record_feed_free(struct record_feed *feed)
{
	if (!feed)
		return;
	records_free(feed->records);
	detection_free(feed->detection);
	detection_sets_free(feed->sets);
	builder_free(&feed->text);
	builder_free(&feed->alerts);
	free(feed);
}

/* ── batches ─ */

static void complain(void *context, const struct line *line, const struct failure *failure)
{
	struct record_feed *feed = context;
	if (feed->found.malformed++)
		return;
	feed->found.place = feed->begin + (line->offset > feed->preamble ? line->offset - feed->preamble : 0);
	text_copy(text_of(failure->words), feed->found.words, sizeof feed->found.words);
}

/* Alerts that another program raised leave too. */
static void take(struct record_feed *feed)
{
	const struct record *record = &feed->record;
	records_take(feed->records, record, &feed->alerts);
	if (record->passed.size && strcmp(record->type, "alert") == 0)
		record_write(&feed->alerts, text_of(feed->host), record);
}

static enum error look_through(
    struct record_feed *feed, const struct record_format *format, struct stream *stream, struct failure *failure)
{
	const struct record_settings settings = { .host = text_of(feed->host) };
	struct record_counts counts = { 0 };
	struct record_reader *reader;
	struct line line;
	enum error error = record_reader_new(format, &settings, &reader, failure);
	if (error)
		return error;
	while (!(error = record_read(reader, stream, &line, &feed->record, &counts, complain, feed, failure)))
		take(feed);
	feed->found.records = counts.records;
	record_reader_free(reader);
	return error == ERROR_END ? OK : error;
}

enum error record_feed_take(struct record_feed *feed, const struct follow *follow, const struct batch *batch,
    struct record_batch *found, struct failure *failure)
{
	const struct record_format *format = record_feed_format(follow->format);
	struct stream *stream;
	bool same = feed->held && feed->epoch.high == follow->epoch.high && feed->epoch.low == follow->epoch.low &&
		    feed->begin == batch->begin;
	if (same) {
		*found = feed->found;
		return OK;
	}
	look_again(feed);
	take_changes(feed);
	feed->held = false;
	feed->epoch = follow->epoch;
	feed->begin = batch->begin;
	feed->preamble = batch->begin > 0 ? follow->preamble_size : 0;
	feed->found = (struct record_batch){ 0 };
	builder_clear(&feed->text);
	builder_clear(&feed->alerts);
	build_text(&feed->text, (struct text){ follow->preamble, feed->preamble });
	build_text(&feed->text, (struct text){ (const char *)batch->content, batch->end - batch->begin });
	if (feed->text.failed)
		return fail(failure, ERROR_MEMORY, "no memory to look at records");
	enum error error = stream_open_memory(follow->path, feed->text.at, feed->text.size, &stream, failure);
	if (error)
		return error;
	error = look_through(feed, format, stream, failure);
	stream_close(stream);
	if (!error && feed->alerts.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for the alerts");
	if (error)
		return error;
	feed->found.alerts = (struct text){ feed->alerts.at, feed->alerts.size };
	feed->held = true;
	*found = feed->found;
	return OK;
}
