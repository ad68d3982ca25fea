/*
 * `noroshi weblog`: web-server logs in; findings, flagged lines and alerts out.
 */
#include "watch/weblog.h"

#include "base/catalog.h"
#include "base/complaint.h"
#include "base/language.h"
#include "formats/weblog.h"
#include "watch/webattack.h"
#include "watch/weblog_report.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_REMEMBERED 1024

struct command_options {
	const char *alerts, *lines, *host, *language;
	bool json;
	int zone;
	struct webattack_settings settings;
};

struct run {
	struct command_options options;
	struct weblog_report report;
	struct webattack *webattack;
	struct weblog_counts counts;
	struct catalog *japanese;
	const char *name;
	struct complaints complaints;
	bool unread; /* some input could not be read to its end */
};

static const char *const help[] = {
	N_("usage: noroshi weblog [options] FILE…"),
	"",
	N_("Finds traces of attack in the logs of web servers: SQL injection, cross-site scripting, path traversal,"),
	N_("command injection, scanners, web shells, exploits of known vulnerabilities. Says in which lines, what, "
	   "why,"),
	N_("and whether it seems to have succeeded. Reads Apache and nginx (common, combined, with virtual host), IIS"),
	N_("(W3C) and JSON (nginx, Caddy, Traefik …), told by content; gzip and zstd too; \"-\" is standard input."),
	"",
	N_("  --json           findings as JSON, one a line"),
	N_("  --lines FILE     write each flagged line as JSON (\"-\": standard output)"),
	N_("  --alerts FILE    write alerts as CSV, for noroshi triage, noroshi agent and POST /v1/alerts"),
	N_("  --host NAME      the server's name in alerts where the log does not say it (default: the file's name)"),
	N_("  --zone ZONE      the zone of times that name none, as +09:00 (default: UTC)"),
	N_("  --remember N     so many sources, twice as many paths, a quarter as many findings (default 65536)"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help           this text"),
	"",
	N_("Exit codes: 0 nothing was found, 1 something was found, 2 bad usage or a file that cannot be read."),
};

static void show_help(const struct catalog *japanese)
{
	for (size_t i = 0; i < sizeof help / sizeof *help; i++)
		puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
}

static enum error read_stream(struct run *run, struct stream *stream, uint32_t file, struct failure *failure)
{
	struct weblog_reader *reader;
	struct weblog_request request;
	struct line line;
	enum error error = weblog_reader_new(run->options.zone, &reader, failure);
	if (error)
		return error;
	while (!(error = weblog_read(
		     reader, stream, &line, &request, &run->counts, complaint_line, &run->complaints, failure)))
		webattack_request(run->webattack, &request, file, line.number);
	weblog_reader_free(reader);
	return error == ERROR_END ? OK : error;
}

static void read_file(struct run *run, uint32_t file)
{
	struct stream *stream;
	struct failure failure;
	run->name = run->report.files[file];
	run->complaints = (struct complaints){ .command = "weblog", .file = run->name };
	enum error error = stream_open(run->name, &stream, &failure);
	if (!error) {
		error = read_stream(run, stream, file, &failure);
		stream_close(stream);
	}
	if (error) {
		fprintf(stderr, "noroshi weblog: %s\n", failure.words);
		run->unread = true;
	}
}

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi weblog: %s %s; `noroshi weblog --help` explains\n", words, value);
	return 2;
}

static bool read_remember(const char *text, struct webattack_settings *settings)
{
	uint64_t sources;
	if (!text_to_u64(text_of(text), &sources) || sources < LEAST_REMEMBERED || sources > (uint64_t)1 << 28)
		return false;
	*settings = (struct webattack_settings){ sources, 2 * sources, sources / 4 };
	return true;
}

enum { JSON = 1, LINES, ALERTS, HOST, ZONE, REMEMBER, LANGUAGE, HELP };

/* -1 = go on; else the exit code. */
static int read_option(int choice, struct command_options *options, bool *wants_help)
{
	switch (choice) {
	case JSON:
		options->json = true;
		return -1;
	case LINES:
		options->lines = optarg;
		return -1;
	case ALERTS:
		options->alerts = optarg;
		return -1;
	case HOST:
		options->host = optarg;
		return -1;
	case ZONE:
		return time_parse_zone(text_of(optarg), &options->zone)
			   ? -1
			   : wrong("--zone: a form as +09:00 or Z was expected, not", optarg);
	case REMEMBER:
		return read_remember(optarg, &options->settings)
			   ? -1
			   : wrong("--remember: a number from 1024 to 268435456 was expected, not", optarg);
	case LANGUAGE:
		options->language = optarg;
		return strcmp(optarg, "ja") == 0 || strcmp(optarg, "en") == 0
			   ? -1
			   : wrong("--language: ja or en was expected, not", optarg);
	case HELP:
		*wants_help = true;
		return -1;
	}
	return -2;
}

static int read_options(int argc, char **argv, struct command_options *options, bool *wants_help)
{
	static const struct option long_options[] = { { "json", no_argument, NULL, JSON },
		{ "lines", required_argument, NULL, LINES }, { "alerts", required_argument, NULL, ALERTS },
		{ "host", required_argument, NULL, HOST }, { "zone", required_argument, NULL, ZONE },
		{ "remember", required_argument, NULL, REMEMBER }, { "language", required_argument, NULL, LANGUAGE },
		{ "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		int status = read_option(choice, options, wants_help);
		if (status == -2)
			return wrong("there is no such option, or its value is missing:", argv[optind - 1]);
		if (status >= 0)
			return status;
	}
	return optind < argc || *wants_help ? -1 : wrong("give at least one file;", "\"-\" is standard input");
}

static bool open_output(const char *path, FILE **file)
{
	if (!path)
		return true;
	*file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (!*file)
		fprintf(stderr, "noroshi weblog: %s cannot be written: %m\n", path);
	return *file != NULL;
}

static bool close_output(const char *path, FILE *file)
{
	if (!file)
		return true;
	bool fine = !ferror(file) && (file == stdout ? fflush(file) : fclose(file)) == 0;
	if (!fine)
		fprintf(stderr, "noroshi weblog: %s cannot be written: %m\n", path);
	return fine;
}

static int look_through(struct run *run, uint32_t files)
{
	struct failure failure;
	struct webattack_sink sink = { weblog_report_flagged, weblog_report_finding, &run->report };
	struct command_options *options = &run->options;
	bool opened =
	    open_output(options->lines, &run->report.lines) && open_output(options->alerts, &run->report.alerts);
	if (opened && webattack_new(&options->settings, &sink, &run->webattack, &failure)) {
		fprintf(stderr, "noroshi weblog: %s\n", failure.words);
		opened = false;
	}
	run->unread = !opened;
	if (opened) {
		weblog_report_begin(&run->report);
		for (uint32_t i = 0; i < files; i++)
			read_file(run, i);
		webattack_finish(run->webattack);
	}
	run->unread |= !close_output(options->lines, run->report.lines);
	run->unread |= run->report.alerts != run->report.lines && !close_output(options->alerts, run->report.alerts);
	run->unread |= !close_output("standard output", stdout);
	if (!opened)
		return 2;
	struct webattack_counts counts = webattack_count(run->webattack);
	weblog_report_counts(&run->report, &run->counts, &counts);
	return run->unread ? 2 : counts.findings != 0;
}

int weblog_command(int argc, char **argv)
{
	struct run run = { .options.settings = webattack_defaults };
	bool wants_help = false;
	int status = read_options(argc, argv, &run.options, &wants_help);
	if (status >= 0)
		return status;
	run.japanese = language_catalog(run.options.language);
	run.report.japanese = run.japanese;
	if (wants_help) {
		show_help(run.japanese);
		status = 0;
	} else {
		run.report.files = argv + optind;
		run.report.host = run.options.host;
		run.report.json = run.options.json;
		run.report.findings = stdout;
		status = look_through(&run, (uint32_t)(argc - optind));
	}
	webattack_free(run.webattack);
	weblog_report_free(&run.report);
	catalog_free(run.japanese);
	return status;
}
