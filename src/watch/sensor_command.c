/*
 * `noroshi sensor`: options, capture files one after the other through one sensor, and where its records go.
 */
#include "watch/sensor_command.h"

#include "base/file.h"
#include "base/log.h"
#include "net/capture_file.h"
#include "watch/behaviour_options.h"
#include "watch/detection.h"
#include "watch/sandbox.h"
#include "watch/sensor.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BATCH 64 /* frames at a time */

struct options {
	const char **files;
	size_t file_count;
	const char *eve, *name;
	bool json, help;
	struct detection_files detection;
	const char **variables; /* of the rules */
	struct behaviour_options behaviour;
	struct observer_settings observer;
};

struct run {
	struct options options;
	int *descriptors; /* of the files; -1: not opened, and said */
	struct detection_sets *sets;
	struct detection *detection;
	struct sensor *sensor;
	struct file *eve;           /* NULL: standard output */
	uint64_t unread, truncated; /* files */
};

static void show_help(void)
{
	fputs("usage: noroshi sensor -r FILE… [--eve FILE|-] [options]\n\n"
	      "Reads packets, follows their flows, names what they carry, and writes records of it in EVE JSON.\n\n"
	      "  -r FILE…       capture files (pcap, pcapng; - is standard input), one after the other as one source\n"
	      "  --eve FILE     append the records to this file; - is standard output\n"
	      "  --flows        flows only: what they carry is not looked at\n"
	      "  --name NAME    the sensor's name, as \"host\" in each record\n"
	      "  --indicators FILE  raise alerts about what this list, or compiled file, of indicators names\n"
	      "  --signatures FILE  raise alerts about what these rules (in Suricata's language) describe\n"
	      "  --variable NAME=VALUE  of the rules: HOME_NET=[192.0.2.0/24]\n" BEHAVIOUR_HELP
	      "  --most-flows N at most so many flows at once (1048576)\n"
	      "  --json         print the final counters as JSON\n"
	      "  --help         this text\n\n"
	      "Exit codes: 0 done, 2 bad usage, or a file that could not be read to its end.\n",
	    stdout);
}

/* ── options ─ */

static const struct option longs[] = {
	{ "eve", required_argument, NULL, 'e' },
	{ "flows", no_argument, NULL, 'f' },
	{ "name", required_argument, NULL, 'n' },
	{ "most-flows", required_argument, NULL, 'm' },
	{ "indicators", required_argument, NULL, 'i' },
	{ "signatures", required_argument, NULL, 's' },
	{ "variable", required_argument, NULL, 'v' },
	BEHAVIOUR_LONG_OPTIONS,
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static enum error set_flag(struct options *options, int flag, struct failure *failure)
{
	uint64_t number;

	switch (flag) {
	case 'r':
		options->files[options->file_count++] = optarg;
		return OK;
	case 'e':
		options->eve = optarg;
		return OK;
	case 'n':
		options->name = optarg;
		return OK;
	case 'i':
		options->detection.indicators = optarg;
		return OK;
	case 's':
		options->detection.signatures = optarg;
		return OK;
	case 'v':
		options->variables[options->detection.variable_count++] = optarg;
		return OK;
	case 'm':
		if (!text_to_u64(text_of(optarg), &number) || number < 1 || number > 1u << 30)
			return fail(
			    failure, ERROR_USAGE, "--most-flows is a number from 1 to 1073741824, not \"%s\"", optarg);
		options->observer.flows = (uint32_t)number;
		return OK;
	case 'f':
		options->observer.dissect = false;
		return OK;
	case 'j':
		options->json = true;
		return OK;
	case 'h':
		options->help = true;
		return OK;
	default:
		if (flag >= BEHAVIOUR_ASKED)
			return behaviour_options_set(&options->behaviour, flag, optarg, failure);
		return fail(failure, ERROR_USAGE, "`noroshi sensor --help` lists the options");
	}
}

static enum error read_options(int argc, char **argv, struct options *options, struct failure *failure)
{
	enum error error = OK;
	int flag;

	options->observer = observer_defaults;
	options->files = calloc((size_t)argc + 1, sizeof *options->files);
	options->variables = calloc((size_t)argc + 1, sizeof *options->variables);
	if (!options->files || !options->variables)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	options->detection.variables = options->variables;
	behaviour_options_init(&options->behaviour);
	optind = 1;
	while (!error && (flag = getopt_long(argc, argv, "r:", longs, NULL)) != -1)
		error = set_flag(options, flag, failure);
	for (int i = optind; i < argc; i++)
		options->files[options->file_count++] = argv[i];
	if (!error && !options->help && options->file_count == 0)
		error = fail(failure, ERROR_USAGE, "-r should name a capture file; `noroshi sensor --help` says more");
	return error;
}

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
	const struct detection_files *files = &run->options.detection;

	if (!files->indicators && !files->signatures)
		return OK;
	enum error error = detection_sets_load(files, 1, &run->sets, failure);
	if (!error && !(run->detection = detection_new(run->sets, 0)))
		error = fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	return error;
}

static enum error begin(struct run *run, struct failure *failure)
{
	const struct options *options = &run->options;
	struct sensor_settings settings = { .observer = options->observer, .host = text_of(options->name) };
	enum error found = begin_detection(run, failure);

	if (found)
		return found;
	settings.detection = run->detection;
	settings.payload = options->detection.signatures;
	settings.behaviour = options->behaviour.asked ? &options->behaviour.settings : NULL;
	if (options->eve) {
		settings.write = write_out;
		settings.context = run;
		if (strcmp(options->eve, "-") != 0) {
			enum error error = file_open(options->eve, true, &run->eve, failure);
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
	if (!error && run->eve)
		error = file_sync(run->eve, failure);
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
	const struct options *options = &run->options;

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

static void report(const struct run *run)
{
	struct sensor_counts counts = sensor_count(run->sensor);
	const struct observer_counts *seen = &counts.observer;
	FILE *to = run->options.eve && strcmp(run->options.eve, "-") == 0 ? stderr : stdout;

	if (run->options.json)
		fprintf(to,
		    "{\"files\":%zu,\"unread\":%llu,\"truncated\":%llu,\"packets\":%llu,\"bytes\":%llu,"
		    "\"not_ip\":%llu,\"malformed\":%llu,\"flows\":%llu,\"flows_forced\":%llu,\"records\":%llu,"
		    "\"anomalies\":%llu,\"alerts\":%llu}\n",
		    run->options.file_count, (unsigned long long)run->unread, (unsigned long long)run->truncated,
		    (unsigned long long)seen->frames, (unsigned long long)seen->bytes, (unsigned long long)seen->not_ip,
		    (unsigned long long)seen->malformed, (unsigned long long)seen->flows,
		    (unsigned long long)seen->flows_forced, (unsigned long long)counts.records,
		    (unsigned long long)counts.anomalies, (unsigned long long)counts.alerts);
	else
		fprintf(to, "%llu packets, %llu flows, %llu records, %llu alerts; %llu malformed, %llu not IP\n",
		    (unsigned long long)seen->frames, (unsigned long long)seen->flows,
		    (unsigned long long)counts.records, (unsigned long long)counts.alerts,
		    (unsigned long long)seen->malformed, (unsigned long long)seen->not_ip);
}

static enum error run_files(struct run *run, struct failure *failure)
{
	enum error error = open_files(run, failure);

	if (!error)
		error = begin(run, failure);
	if (!error)
		error = sandbox_enter(failure);
	for (size_t i = 0; i < run->options.file_count && !error; i++)
		if (run->descriptors[i] >= 0)
			error = read_file(run, run->descriptors[i], run->options.files[i], failure);
	if (!error)
		error = end(run, failure);
	if (!error)
		report(run);
	sensor_free(run->sensor);
	detection_free(run->detection);
	detection_sets_free(run->sets);
	file_close(run->eve);
	return error;
}

int sensor_command(int argc, char **argv)
{
	struct run run = { 0 };
	struct failure failure = { 0 };
	enum error error = read_options(argc, argv, &run.options, &failure);

	if (!error && run.options.help) {
		show_help();
	} else if (!error) {
		log_setup("sensor", LOG_INFO, !isatty(STDERR_FILENO));
		error = run_files(&run, &failure);
	}
	if (error)
		fprintf(stderr, "noroshi sensor: %s\n", failure.words);
	free(run.descriptors);
	free(run.options.files);
	free(run.options.variables);
	return error || run.unread ? 2 : 0;
}
