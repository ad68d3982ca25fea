/*
 * `noroshi records`: what other programs logged comes in; records and alerts in EVE go out.
 */
#include "watch/records.h"

#include "base/catalog.h"
#include "base/complaint.h"
#include "base/file.h"
#include "base/language.h"
#include "base/log.h"
#include "formats/record_write.h"
#include "watch/detection.h"
#include "watch/detection_options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10) /* bytes of lines, before they are written */

struct options {
	const char *eve, *alerts, *name, *language;
	const struct record_format *format;
	bool rules, json, help;
	struct record_settings settings;
	struct detection_options detection;
};

/* Where lines go. */
struct output {
	const char *path;  /* NULL: nowhere */
	struct file *file; /* NULL: standard output */
	struct builder lines;
};

struct run {
	struct options options;
	struct catalog *japanese;
	struct detection_sets *sets;
	struct detection *detection;
	struct records *records;
	struct output eve, alerts;
	struct record record; /* the newest */
	struct builder found; /* alerts about it */
	struct record_counts counts;
	const char *name; /* of the file being read */
	uint64_t files, unread;
	struct complaints complaints;
};

static const char *const help[] = {
	N_("usage: noroshi records FILE… [--eve FILE|-] [--alerts FILE|-] [options]"),
	"",
	N_("Reads what other programs logged, as records of the sensor's kind, and looks for the same in them."),
	N_("Formats are told by content; gzip and zstd too; \"-\" is standard input."),
	"",
	N_("  --eve FILE         append records and alerts in EVE JSON to this file; - is standard output"),
	N_("  --alerts FILE      append alerts alone; - is standard output"),
	N_("  --format NAME      take every file for this format:"),
	NULL,
	N_("  --name NAME        the sensor's name, as \"host\" in each record"),
	N_("  --host NAME        whose logs these are, where they name no host themselves (auditd)"),
	N_("  --zone ZONE        the zone of times that name none, as +09:00 (default: UTC)"),
	N_("  --indicators FILE  raise alerts about what this list, or compiled file, of indicators names"),
	N_("  --shared FOLDER    and about what the exchange shares, as noroshi follow keeps it there"),
	N_("  --signatures FILE  raise alerts about what these rules (in Suricata's language) say of fields"),
	N_("  --variable NAME=VALUE  of the rules: HOME_NET=[192.0.2.0/24]"),
	N_("  --behaviour        raise alerts about scans, brute force, beacons and other behaviour of hosts"),
	N_("  --rules            raise alerts about what events of hosts and clouds tell by themselves"),
	N_("  --home PREFIX      a network of one's own, for --behaviour; may be given again (private networks)"),
	N_("  --json             print the final counters as JSON"),
	N_("  --language LANG    ja or en (default: as LANG in the environment says)"),
	N_("  --help             this text"),
	"",
	N_("Exit codes: 0 done, 2 bad usage, or a file that could not be read to its end."),
};

static void show_help(const struct catalog *japanese)
{
	for (size_t i = 0; i < sizeof help / sizeof *help; i++)
		if (help[i])
			puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
		else
			for (size_t j = 0; record_formats[j]; j++)
				printf("                       %-12s %s\n", record_formats[j]->name,
				    record_formats[j]->title);
}

/* ── options ─ */

enum { EVE = 1, ALERTS, FORMAT, NAME, HOST, ZONE, RULES, JSON, LANGUAGE, HELP };

static enum error set_option(struct options *options, int option, char *value, struct failure *failure)
{
	switch (option) {
	case EVE:
		options->eve = value;
		return OK;
	case ALERTS:
		options->alerts = value;
		return OK;
	case FORMAT:
		options->format = record_format_named(value);
		return options->format ? OK
				       : fail(failure, ERROR_USAGE, "--format: \"%.60s\" is none that is known", value);
	case NAME:
		options->name = value;
		return OK;
	case HOST:
		options->settings.host = text_of(value);
		return OK;
	case ZONE:
		return time_parse_zone(text_of(value), &options->settings.zone)
			   ? OK
			   : fail(failure, ERROR_USAGE, "--zone is a form as +09:00 or Z, not \"%.60s\"", value);
	case RULES:
		options->rules = true;
		return OK;
	case JSON:
		options->json = true;
		return OK;
	case LANGUAGE:
		options->language = value;
		return strcmp(value, "ja") == 0 || strcmp(value, "en") == 0
			   ? OK
			   : fail(failure, ERROR_USAGE, "--language is ja or en, not \"%.60s\"", value);
	case HELP:
		options->help = true;
		return OK;
	default:
		break;
	}
	enum error error = detection_option(&options->detection, option, value, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, ERROR_USAGE, "`noroshi records --help` lists the options")
					: error;
}

static enum error read_options(int argc, char **argv, struct options *options, struct failure *failure)
{
	static const struct option longs[] = { { "eve", required_argument, NULL, EVE },
		{ "alerts", required_argument, NULL, ALERTS }, { "format", required_argument, NULL, FORMAT },
		{ "name", required_argument, NULL, NAME }, { "host", required_argument, NULL, HOST },
		{ "zone", required_argument, NULL, ZONE }, { "indicators", required_argument, NULL, OPTION_INDICATORS },
		{ "shared", required_argument, NULL, OPTION_SHARED },
		{ "signatures", required_argument, NULL, OPTION_SIGNATURES },
		{ "variable", required_argument, NULL, OPTION_VARIABLE },
		{ "behaviour", no_argument, NULL, BEHAVIOUR_ASKED },
		{ "home", required_argument, NULL, BEHAVIOUR_HOME }, { "rules", no_argument, NULL, RULES },
		{ "json", no_argument, NULL, JSON }, { "language", required_argument, NULL, LANGUAGE },
		{ "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };
	enum error error = detection_options_begin(&options->detection, (size_t)argc, failure);
	int option;
	optind = 1;
	while (!error && (option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		error = set_option(options, option, optarg, failure);
	if (!error && !options->help && optind == argc)
		error = fail(failure, ERROR_USAGE, "give at least one file; `noroshi records --help` says more");
	return error;
}

/* ── output ─ */

static enum error output_open(struct output *output, const char *path, struct failure *failure)
{
	output->path = path;
	return path && strcmp(path, "-") != 0 ? file_open(path, true, &output->file, failure) : OK;
}

static enum error output_write(struct output *output, struct failure *failure)
{
	struct builder *lines = &output->lines;
	enum error error = OK;
	if (lines->failed)
		error = fail(failure, ERROR_MEMORY, "no memory for the records");
	else if (output->file && lines->size)
		error = file_append(output->file, lines->at, lines->size, failure);
	else if (lines->size && fwrite(lines->at, 1, lines->size, stdout) != lines->size)
		error = fail_errno(failure, "standard output");
	builder_clear(lines);
	return error;
}

static enum error output_close(struct output *output, struct failure *failure)
{
	enum error error = output_write(output, failure);
	file_close(output->file);
	builder_free(&output->lines);
	return error;
}

/* ── files ─ */

/* Alerts stand before the record that they are about, as the sensor has it. */
static enum error take(struct run *run, struct failure *failure)
{
	struct text host = text_of(run->options.name);
	builder_clear(&run->found);
	records_take(run->records, &run->record, &run->found);
	if (run->found.failed)
		return fail(failure, ERROR_MEMORY, "no memory for the alerts");
	if (run->eve.path) {
		build_text(&run->eve.lines, (struct text){ run->found.at, run->found.size });
		record_write(&run->eve.lines, host, &run->record);
	}
	if (run->alerts.path)
		build_text(&run->alerts.lines, (struct text){ run->found.at, run->found.size });
	enum error error = run->eve.lines.size >= PIECE ? output_write(&run->eve, failure) : OK;
	return !error && run->alerts.lines.size >= PIECE ? output_write(&run->alerts, failure) : error;
}

/* What is wrong with a file is said, and the next one read; only an error of the output ends the work. */
static enum error read_file(struct run *run, struct failure *failure)
{
	struct record_reader *reader = NULL;
	struct stream *stream;
	struct failure wrong;
	struct line line;
	enum error output = OK, error = stream_open(run->name, &stream, &wrong);
	run->complaints = (struct complaints){ .command = "records", .file = run->name };
	run->files++;
	if (!error) {
		error = record_reader_new(run->options.format, &run->options.settings, &reader, &wrong);
		while (!output && !error) {
			error = record_read(reader, stream, &line, &run->record, &run->counts, complaint_line,
			    &run->complaints, &wrong);
			if (!error)
				output = take(run, failure);
		}
		record_reader_free(reader);
		stream_close(stream);
	}
	if (error && error != ERROR_END) {
		fprintf(stderr, "noroshi records: %s: %s\n", run->name, wrong.words);
		run->unread++;
	}
	return output;
}

static void report(const struct run *run)
{
	struct records_counts found = records_count(run->records);
	const struct record_counts *read = &run->counts;
	bool busy = (run->eve.path && !run->eve.file) || (run->alerts.path && !run->alerts.file);
	FILE *to = busy ? stderr : stdout;
	if (run->options.json)
		fprintf(to,
		    "{\"files\":%" PRIu64 ",\"unread\":%" PRIu64 ",\"lines\":%" PRIu64 ",\"bytes\":%" PRIu64
		    ",\"records\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"malformed\":%" PRIu64 ",\"left_out\":%" PRIu64
		    ",\"alerts\":%" PRIu64 ",\"forgotten\":%" PRIu64 "}\n",
		    run->files, run->unread, read->lines, read->bytes, read->records, read->skipped, read->malformed,
		    read->left_out, found.alerts, found.forgotten);
	else
		fprintf(to,
		    "%" PRIu64 " lines, %" PRIu64 " records, %" PRIu64 " alerts; %" PRIu64 " malformed, %" PRIu64
		    " skipped\n",
		    read->lines, read->records, found.alerts, read->malformed, read->skipped);
}

static enum error begin(struct run *run, struct failure *failure)
{
	const struct detection_options *wanted = &run->options.detection;
	struct records_settings settings = { .host = text_of(run->options.name),
		.behaviour = wanted->behaviour.asked ? &wanted->behaviour.settings : NULL,
		.rules = run->options.rules };
	enum error error = OK;
	if (detection_wanted(&wanted->files)) {
		error = detection_sets_load(&wanted->files, 1, &run->sets, failure);
		if (!error && !(run->detection = detection_new(run->sets, 0)))
			error = fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	}
	settings.detection = run->detection;
	if (!error)
		error = output_open(&run->eve, run->options.eve, failure);
	if (!error)
		error = output_open(&run->alerts, run->options.alerts, failure);
	return error ? error : records_new(&settings, &run->records, failure);
}

static enum error read_files(struct run *run, char **files, struct failure *failure)
{
	struct failure later;
	enum error error = begin(run, failure);
	for (; !error && *files; files++) {
		run->name = *files;
		error = read_file(run, failure);
	}
	enum error closed = output_close(&run->eve, error ? &later : failure);
	error = error ? error : closed;
	closed = output_close(&run->alerts, error ? &later : failure);
	error = error ? error : closed;
	if (!error)
		report(run);
	if (!error && fflush(stdout) != 0)
		error = fail_errno(failure, "standard output");
	return error;
}

int records_command(int argc, char **argv)
{
	struct run run = { 0 };
	struct failure failure = { 0 };
	enum error error = read_options(argc, argv, &run.options, &failure);
	if (!error && run.options.help) {
		run.japanese = language_catalog(run.options.language);
		show_help(run.japanese);
	} else if (!error) {
		log_setup("records", LOG_INFO, !isatty(STDERR_FILENO));
		error = read_files(&run, argv + optind, &failure);
	}
	if (error)
		fprintf(stderr, "noroshi records: %s\n", failure.words);
	records_free(run.records);
	detection_free(run.detection);
	detection_sets_free(run.sets);
	builder_free(&run.found);
	catalog_free(run.japanese);
	detection_options_free(&run.options.detection);
	return error || run.unread ? 2 : 0;
}
