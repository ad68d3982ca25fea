/*
 * `noroshi sensor -r`: capture files one after the other through one sensor, and where its records go.
 */
#include "watch/sensor_files.h"

#include "base/file.h"
#include "net/capture_file.h"
#include "net/sandbox.h"
#include "watch/detection.h"
#include "watch/sensor.h"
#include "watch/sensor_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BATCH 64 /* frames at a time */

struct run {
	const struct sensor_options *options;
	int *descriptors; /* of the files; -1: not opened, and said */
	struct detection_sets *sets;
	struct detection *detection;
	struct sensor_behaviour *behaviour;
	struct sensor *sensor;
	struct file *eve;           /* NULL: standard output */
	uint64_t unread, truncated; /* files */
};

/* ── where records go ─ */

static enum error write_out(void *context, struct text lines, struct failure *failure)
{
	const struct run *run = context;

	if (run->eve)
		return file_append(run->eve, lines.at, lines.size, failure);
	if (fwrite(lines.at, 1, lines.size, stdout) != lines.size)
		return fail_errno(failure, "standard output");
	return OK;
}

/* What is looked for, when anything is: read before the sandbox is entered. */
static enum error begin_detection(struct run *run, struct failure *failure)
{
	const struct detection_files *files = &run->options->detection.files;

	if (!detection_wanted(files))
		return OK;
	enum error error = detection_sets_load(files, 1, &run->sets, failure);
	if (!error && !(run->detection = detection_new(run->sets, 0)))
		error = fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	return error;
}

static enum error begin(struct run *run, struct failure *failure)
{
	const struct sensor_options *options = run->options;
	struct sensor_settings settings = { .observer = options->observer, .host = text_of(options->name) };
	enum error found = begin_detection(run, failure);

	if (found)
		return found;
	settings.detection = run->detection;
	settings.payload = options->detection.files.paths[DETECTION_SIGNATURES];
	if (options->detection.behaviour.asked &&
	    !(run->behaviour = sensor_behaviour_new(&options->detection.behaviour.settings)))
		return fail(failure, ERROR_MEMORY, "no memory for the detectors of behaviour");
	settings.behaviour = run->behaviour;
	if (options->eve) {
		settings.write = write_out;
		settings.context = run;
		if (strcmp(options->eve, "-") != 0) {
			enum error error = file_open_lines(options->eve, &run->eve, failure);
			if (error)
				return error;
		}
	}
	return sensor_new(&settings, &run->sensor, failure);
}

static enum error end(struct run *run, struct failure *failure)
{
	const struct eve_capture capture = { 0 };
	enum error error = sensor_finish(run->sensor, failure);

	if (!error)
		error = sensor_stats(run->sensor, &capture, failure);
	if (!error && fflush(stdout) != 0)
		error = fail_errno(failure, "standard output");
	return error;
}

/* ── files ─ */

/* Each file is held open until it was read: as many descriptors as the system allows. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* All of them, before the first byte of any is looked at: afterwards nothing can be opened. */
static enum error open_files(struct run *run, struct failure *failure)
{
	const struct sensor_options *options = run->options;

	raise_descriptors();
	run->descriptors = calloc(options->file_count, sizeof *run->descriptors);
	if (!run->descriptors)
		return fail(failure, ERROR_MEMORY, "no memory for %zu files", options->file_count);
	for (size_t i = 0; i < options->file_count; i++) {
		const char *path = options->files[i];
		run->descriptors[i] = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
		if (run->descriptors[i] >= 0)
			continue;
		fprintf(stderr, "noroshi sensor: %s: cannot be opened: %s\n", path, strerror(errno));
		run->unread++;
	}
	return OK;
}

/* What is wrong with a file is said, and the next one read; only an error of the output ends the work. */
static enum error read_file(struct run *run, int descriptor, const char *path, struct failure *failure)
{
	struct capture_file *file;
	struct frame frames[BATCH];
	struct failure wrong;
	size_t count;
	enum error output = OK, error = capture_file_descriptor(descriptor, path, &file, &wrong);

	if (!error) {
		sensor_source(run->sensor, TEXT_NONE, text_of(path));
		while (!output && (error = capture_file_read(file, frames, BATCH, &count, &wrong)) == OK)
			output = sensor_frames(run->sensor, frames, count, failure);
		run->truncated += capture_file_truncated(file);
		capture_file_close(file);
	}
	if (error && error != ERROR_END) {
		fprintf(stderr, "noroshi sensor: %s\n", wrong.words);
		run->unread++;
	}
	return output;
}

static enum error work(struct run *run, struct failure *failure)
{
	enum error error = open_files(run, failure);

	if (!error)
		error = begin(run, failure);
	if (!error)
		error = sandbox_enter(SANDBOX_FILES, failure);
	for (size_t i = 0; i < run->options->file_count && !error; i++)
		if (run->descriptors[i] >= 0)
			error = read_file(run, run->descriptors[i], run->options->files[i], failure);
	return error ? error : end(run, failure);
}

enum error sensor_files(const struct sensor_options *options, uint64_t *unread, struct failure *failure)
{
	struct run run = { .options = options };
	enum error error = work(&run, failure);

	if (!error) {
		struct sensor_totals totals = { .files = options->file_count,
			.unread = run.unread,
			.truncated = run.truncated,
			.counts = sensor_count(run.sensor),
			.forgotten = sensor_behaviour_forgotten(run.behaviour) };
		sensor_report(options, &totals);
	}
	*unread = run.unread;
	sensor_free(run.sensor);
	sensor_behaviour_free(run.behaviour);
	detection_free(run.detection);
	detection_sets_free(run.sets);
	file_close(run.eve);
	free(run.descriptors);
	return error;
}
