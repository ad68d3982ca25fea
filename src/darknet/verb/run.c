/*
 * A run's beginning and end; see run.h.
 */
#include "darknet/verb/run.h"

#include "base/data.h"
#include "base/hash.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVE_FINDINGS 10000u /* of each kind: lines tell all of them */

/* ── tables ─ */

#define DEBIAN_LOCATIONS "/var/lib/location/database.db"

static void take_activity(void *context, const struct activity *activity)
{
	struct run *run = context;
	if (!run->days_failure.code)
		day_writer_add(run->days, activity, &run->days_failure);
}

/* The same files in the same order are the same part, and no others: by where they are. */
static void name_part(const struct darknet_options *options, char to[static DAY_TABLE_NAME])
{
	uint64_t hash = 0;
	char time[TIME_TEXT];

	if (options->interface_count) { /* each run is one */
		time_format_micro(time_now(), time);
		for (char *at = time; *at; at++)
			*at = *at == ':' || *at == '+' ? '-' : *at;
		snprintf(to, DAY_TABLE_NAME, "live-%s", time);
		return;
	}
	for (size_t i = 0; i < options->file_count; i++) {
		char *path = realpath(options->files[i].path, NULL);
		hash = hash_text(text_of(path ? path : options->files[i].path), hash);
		free(path);
	}
	snprintf(to, DAY_TABLE_NAME, "files-%016llx", (unsigned long long)hash);
}

/* Only what is told by country or network needs them. */
static enum error load_origins(struct run *run, struct failure *failure)
{
	const struct darknet_options *options = &run->options;
	const char *debian[] = { DEBIAN_LOCATIONS };

	if (options->location_count)
		return origins_load(options->locations, options->location_count, &run->origins, failure);
	if ((options->tables || options->changes || options->lines) && access(DEBIAN_LOCATIONS, R_OK) == 0)
		return origins_load(debian, 1, &run->origins, failure);
	return OK;
}

static enum error begin_tables(struct run *run, struct failure *failure)
{
	const struct darknet_options *options = &run->options;
	char name[DAY_TABLE_NAME];

	if (!options->tables)
		return OK;
	name_part(options, name);
	const struct day_folder_part part = { .folder = options->tables,
		.sensor = options->sensor,
		.part = options->part ? options->part : name,
		.zone = options->zone,
		.addresses = run->space->size };
	run->options.settings.sources.activity = take_activity;
	run->options.settings.sources.context = run;
	return day_writer_begin(&part, &run->days, failure);
}

enum error run_awake(struct run *run, nanoseconds until, struct failure *failure)
{
	nanoseconds from = run->tables_until, passed = until - from;
	nanoseconds away = run->away < passed ? run->away : passed;

	run->tables_until = until;
	run->away -= away;
	return passed > away ? day_writer_awake(run->days, from, until - away, failure) : OK;
}

enum error run_end_tables(struct run *run, nanoseconds end, struct failure *failure)
{
	struct day_writer *days = run->days;

	if (!days)
		return OK;
	if (end > run->tables_until)
		run_awake(run, end, failure); /* if that failed, so does this: */
	run->days = NULL;
	return day_writer_end(days, failure);
}

/* ── lines ─ */

/* Live they go behind those of earlier runs, of which a kill may have torn the last. */
static int open_lines(const char *path, bool live)
{
	int descriptor = open(path, O_RDWR | O_CREAT | (live ? O_APPEND : O_TRUNC) | O_CLOEXEC | O_NOCTTY, 0640);
	char last = '\n';

	if (descriptor >= 0 && live && lseek(descriptor, -1, SEEK_END) >= 0 && read(descriptor, &last, 1) == 1 &&
	    last != '\n' && write(descriptor, "\n", 1) != 1) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static enum error begin_lines(struct run *run, struct failure *failure)
{
	struct darknet_options *options = &run->options;
	bool standard = options->lines && strcmp(options->lines, "-") == 0;

	if (!options->lines)
		return OK;
	signal(SIGPIPE, SIG_IGN);
	run->lines_descriptor = standard ? STDOUT_FILENO : open_lines(options->lines, options->interface_count > 0);
	if (run->lines_descriptor < 0)
		return fail_errno(failure, "%s cannot be opened", options->lines);
	const struct lines_settings settings = { .descriptor = run->lines_descriptor,
		.name = standard ? "standard output" : options->lines,
		.space = run->space,
		.origins = run->origins,
		.research = run->research,
		.trends = run->trends,
		.checkpoint = options->checkpoint,
		.stop = &run_stop };
	enum error error = lines_new(&settings, &run->lines, failure);
	if (error)
		return error;
	options->settings.watch = lines_watch(run->lines);
	if (run->trends) {
		trends_tell(run->trends, lines_change, lines_group, run->lines);
		trends_tell_sources(run->trends, lines_sources);
	}
	return OK;
}

enum error run_end_lines(struct run *run, nanoseconds end, struct failure *failure)
{
	if (!run->lines)
		return OK;
	lines_finish(run->lines, end);
	return lines_flush(run->lines, failure);
}

/* All of them before the first byte of any is looked at: afterwards nothing can be opened. */
static void open_files(struct darknet_options *options)
{
	for (size_t i = 0; i < options->file_count; i++) {
		struct files_source *file = &options->files[i];
		file->descriptor =
		    strcmp(file->path, "-") == 0 ? dup(STDIN_FILENO) : open(file->path, O_RDONLY | O_CLOEXEC);
		if (file->descriptor < 0)
			fprintf(stderr, "noroshi darknet: %s: cannot be opened: %s\n", file->path, strerror(errno));
	}
}

static void skipped(void *context, const char *file, struct text entry, const char *why)
{
	(void)context;
	if (!entry.size)
		fprintf(stderr, "noroshi darknet: %s: %s\n", file, why);
}

enum error run_begin(struct run *run, struct failure *failure)
{
	struct darknet_options *options = &run->options;
	char kinds[512];
	enum error error = space_new(options->prefixes, options->prefix_count, &run->space, failure);

	if (!error)
		run->space->carriers = options->carriers;
	if (!error && options->warninglists && !(error = data_find("warninglists/kinds", kinds, sizeof kinds, failure)))
		error = warninglists_load(options->warninglists, kinds, skipped, NULL, &run->lists, failure);
	if (!error)
		error = research_new(run->lists, options->names, &run->research, failure);
	if (error)
		return error;
	error = load_origins(run, failure);
	if (!error)
		error = begin_tables(run, failure);
	if (error)
		return error;
	options->settings.origins = run->origins;
	options->settings.sources.space = run->space;
	if (options->interface_count) {
		options->settings.findings = LIVE_FINDINGS;
		options->settings.latest = true;
	}
	options->settings.research = run->research;
	if (options->changes && !(run->trends = trends_new(options->settings.sources.bin)))
		return fail(failure, ERROR_MEMORY, "no memory for changes and groups");
	options->settings.trends = run->trends;
	if (options->history)
		error = trends_keeper_begin(options->history, options->save, run->trends, &run->keeper, failure);
	if (!error)
		error = begin_lines(run, failure);
	if (!error)
		error = telescope_new(&options->settings, &run->telescope, failure);
	if (error)
		return error;
	if (!options->interface_count) {
		open_files(options);
		return sandbox_enter(SANDBOX_FILES, failure);
	}
	error = live_open(options->interfaces, options->interface_count, &run->live, failure);
	if (error)
		return error;
	run->tables_until = live_began(run->live);
	if (run->lines)
		lines_begin(run->lines, live_began(run->live));
	return sandbox_enter(SANDBOX_LIVE, failure);
}

void run_free(struct run *run)
{
	day_writer_abandon(run->days);
	live_close(run->live);
	origins_free(run->origins);
	telescope_free(run->telescope);
	lines_free(run->lines);
	trends_keeper_free(run->keeper);
	trends_free(run->trends);
	research_free(run->research);
	warninglists_free(run->lists);
	space_free(run->space);
	darknet_options_free(&run->options);
}
