/*
 * `noroshi authlog`: logs of sign-ins in; findings and alerts out.
 */
#include "watch/authlog.h"

#include "base/catalog.h"
#include "base/complaint.h"
#include "base/language.h"
#include "base/stream.h"
#include "watch/auth_alert.h"
#include "watch/auth_feed.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_LONGEST 65536

struct run {
	const char *alerts, *learned, *host, *language;
	bool json, facts, help;
	struct syslog_settings syslog;
	struct auth_settings settings;
	struct auth_feed feed;
	struct syslog_reader *reader;
	const struct catalog *japanese;
	FILE *alerts_file;
	struct builder out;
	uint64_t findings;
	struct complaints complaints;
	bool unread;
};

static const char *const help[] = {
	N_("usage: noroshi authlog [options] FILE…"),
	"",
	N_("Finds what is wrong with sign-ins in the logs of Linux: guessed passwords and what succeeded behind them,"),
	N_("accounts where they never were, an impossible order of events, logs that were cleared. Reads auth.log,"),
	N_("secure, any other syslog file (RFC 3164, RFC 5424), and what journalctl -o json exports; gzip and zstd "
	   "too;"),
	N_("\"-\" is standard input. Files are read one after the other: give the oldest first."),
	"",
	N_("  --json           findings as JSON, one a line"),
	N_("  --facts          print each sign-in, session, command and change of an account as JSON, and no findings"),
	N_("  --alerts FILE    write alerts as CSV, for noroshi triage, noroshi agent and POST /v1/alerts"),
	N_("  --learned FILE   keep what is usual there, from one run to the next (first access)"),
	N_("  --learn TIME     so long everything is usual (default 7 d)"),
	N_("  --host NAME      the host's name where a log does not say it (default: the file's name)"),
	N_("  --zone ZONE      the zone of times that name none, as +09:00 (default: UTC)"),
	N_("  --charset NAME   of messages that are no UTF-8 (default: EUC-JP, Shift_JIS or ISO-2022-JP, by content)"),
	N_("  --remember N     so many sources, accounts, sessions (default 16384)"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help           this text"),
	"",
	N_("Exit codes: 0 nothing was found, 1 something was found, 2 bad usage or a file that cannot be read."),
};

static void on_finding(void *context, const struct auth_finding *finding)
{
	struct run *run = context;
	char time[TIME_TEXT], address[ADDRESS_TEXT], shown[3 * 1024 + 1];
	struct builder *out = &run->out;
	run->findings++;
	builder_clear(out);
	if (run->alerts_file) {
		auth_alert_write(finding, out);
		fwrite(out->at, 1, out->failed ? 0 : out->size, run->alerts_file);
		builder_clear(out);
	}
	if (run->facts)
		return;
	if (run->json) {
		auth_finding_write(finding, out);
		fwrite(out->at, 1, out->failed ? 0 : out->size, stdout);
		return;
	}
	build_format(out, "%s  %s", time_format(finding->last, time),
	    catalog_string(run->japanese, auth_finding_words(finding->kind)));
	const struct text parts[] = { finding->host, finding->account,
		text_of(address_format(finding->source, address)), finding->object, text_of(finding->words) };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].size)
			build_format(out, "%s%.*s", i == 0 ? "  " : ", ",
			    (int)(parts[i].size < 200 ? parts[i].size : 200), parts[i].at);
	struct text line = { out->at, out->size < 1024 ? out->size : 1024 };
	text_make_printable(line, shown);
	puts(shown);
}

static void show_fact(struct run *run, const struct syslog_message *message, const struct auth_fact *fact)
{
	char time[TIME_TEXT], address[ADDRESS_TEXT];
	struct builder *out = &run->out;
	const struct {
		const char *name;
		struct text text;
	} members[] = { { "host", message->host }, { "service", fact->service }, { "account", fact->account },
		{ "target", fact->target }, { "source", text_of(address_format(fact->source, address)) },
		{ "source_name", fact->source_name }, { "method", fact->method }, { "terminal", fact->terminal },
		{ "session", fact->session }, { "object", fact->object }, { "process", message->process } };
	builder_clear(out);
	build_format(
	    out, "{\"time\":\"%s\",\"kind\":\"%s\"", time_format(message->occurred, time), auth_kind_name(fact->kind));
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].text.size) {
			build_format(out, ",\"%s\":", members[i].name);
			build_json_string(out, members[i].text);
		}
	if (fact->source_port)
		build_format(out, ",\"source_port\":%u", fact->source_port);
	build_format(
	    out, ",\"repeats\":%u,\"unknown_account\":%s}\n", fact->repeats, fact->unknown_account ? "true" : "false");
	fwrite(out->at, 1, out->failed ? 0 : out->size, stdout);
}

static enum error read_stream(
    struct run *run, struct stream *stream, const struct auth_origin *origin, struct failure *failure)
{
	struct syslog_message message;
	struct auth_fact fact;
	struct failure wrong;
	struct line line;
	enum error error;
	while (!(error = stream_line(stream, LINE_LONGEST, &line, failure))) {
		if (!text_trim(line.text).size)
			continue;
		if (auth_feed(&run->feed, run->reader, line.text, origin, &message, &fact, &wrong))
			complaint_line(&run->complaints, &line, &wrong);
		else if (run->facts && fact.kind != AUTH_NONE)
			show_fact(run, &message, &fact);
	}
	return error == ERROR_END ? OK : error;
}

/* The year of what has none: no line of a file is later than its last change. */
static void read_file(struct run *run, const char *name)
{
	struct stream *stream;
	struct failure failure;
	struct stat about;
	const char *slash = strrchr(name, '/');
	const struct auth_origin origin = { .host = text_of(run->host ? run->host
							    : slash   ? slash + 1
								      : name),
		.received = strcmp(name, "-") != 0 && stat(name, &about) == 0
				? about.st_mtim.tv_sec * SECOND + about.st_mtim.tv_nsec
				: time_now() };
	run->complaints = (struct complaints){ .command = "authlog", .file = name };
	enum error error = stream_open(name, &stream, &failure);
	if (!error) {
		error = read_stream(run, stream, &origin, &failure);
		stream_close(stream);
	}
	if (error) {
		fprintf(stderr, "noroshi authlog: %s\n", failure.words);
		run->unread = true;
	}
}

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi authlog: %s %s; `noroshi authlog --help` explains\n", words, value);
	return 2;
}

enum { JSON = 1, FACTS, ALERTS, LEARNED, LEARN, HOST, ZONE, CHARSET, REMEMBER, LANGUAGE, HELP };

static bool read_remember(const char *text, struct auth_settings *settings)
{
	uint64_t entries;
	if (!text_to_u64(text_of(text), &entries) || entries < 64 || entries > 1u << 24)
		return false;
	settings->entries = (uint32_t)entries;
	return true;
}

/* -1 = go on; else the exit code. */
static int read_option(int choice, struct run *run)
{
	switch (choice) {
	case JSON:
		run->json = true;
		return -1;
	case FACTS:
		run->facts = true;
		return -1;
	case ALERTS:
		run->alerts = optarg;
		return -1;
	case LEARNED:
		run->learned = optarg;
		return -1;
	case LEARN:
		return duration_parse(text_of(optarg), &run->settings.learn)
			   ? -1
			   : wrong("--learn: a time as \"7 d\" was expected, not", optarg);
	case HOST:
		run->host = optarg;
		return *optarg ? -1 : wrong("--host: a name was expected, not", "nothing");
	case ZONE:
		return time_parse_zone(text_of(optarg), &run->syslog.zone)
			   ? -1
			   : wrong("--zone: a form as +09:00 or Z was expected, not", optarg);
	case CHARSET:
		run->syslog.charset = text_of(optarg);
		return syslog_charset_known(run->syslog.charset)
			   ? -1
			   : wrong("--charset: there is no such character set:", optarg);
	case REMEMBER:
		return read_remember(optarg, &run->settings)
			   ? -1
			   : wrong("--remember: a number from 64 to 16777216 was expected, not", optarg);
	case LANGUAGE:
		run->language = optarg;
		return strcmp(optarg, "ja") == 0 || strcmp(optarg, "en") == 0
			   ? -1
			   : wrong("--language: ja or en was expected, not", optarg);
	case HELP:
		run->help = true;
		return -1;
	}
	return wrong("there is no such option, or its value is missing:", "");
}

static int read_options(int argc, char **argv, struct run *run)
{
	static const struct option long_options[] = { { "json", no_argument, NULL, JSON },
		{ "facts", no_argument, NULL, FACTS }, { "alerts", required_argument, NULL, ALERTS },
		{ "learned", required_argument, NULL, LEARNED }, { "learn", required_argument, NULL, LEARN },
		{ "host", required_argument, NULL, HOST }, { "zone", required_argument, NULL, ZONE },
		{ "charset", required_argument, NULL, CHARSET }, { "remember", required_argument, NULL, REMEMBER },
		{ "language", required_argument, NULL, LANGUAGE }, { "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (choice == '?')
			return wrong("there is no such option, or its value is missing:", argv[optind - 1]);
		int status = read_option(choice, run);
		if (status >= 0)
			return status;
	}
	return optind < argc || run->help ? -1 : wrong("give at least one file;", "\"-\" is standard input");
}

static enum error begin(struct run *run, struct failure *failure)
{
	run->reader = syslog_reader_new(&run->syslog);
	run->feed.watch = auth_watch_new(&run->settings, on_finding, run);
	if (!run->reader || !run->feed.watch)
		return fail(failure, ERROR_MEMORY, "no memory for so many entries");
	enum error error = run->learned ? auth_watch_load(run->feed.watch, run->learned, failure) : OK;
	if (error && error != ERROR_NOT_FOUND)
		return error;
	if (!run->alerts)
		return OK;
	run->alerts_file = strcmp(run->alerts, "-") == 0 ? stdout : fopen(run->alerts, "we");
	if (!run->alerts_file)
		return fail_errno(failure, "%s cannot be written", run->alerts);
	fputs(AUTH_ALERT_HEADER, run->alerts_file);
	return OK;
}

static enum error end(struct run *run, struct failure *failure)
{
	const struct auth_feed_counts *counts = &run->feed.counts;
	enum error error = run->learned ? auth_watch_save(run->feed.watch, run->learned, failure) : OK;
	if (run->alerts_file && (run->alerts_file == stdout ? fflush(stdout) : fclose(run->alerts_file)) != 0 && !error)
		error = fail_errno(failure, "%s cannot be written", run->alerts);
	if (fflush(stdout) != 0 && !error)
		error = fail_errno(failure, "standard output cannot be written");
	fprintf(stderr,
	    "{\"messages\":%" PRIu64 ",\"malformed\":%" PRIu64 ",\"facts\":%" PRIu64 ",\"findings\":%" PRIu64
	    ",\"forgotten\":%" PRIu64 "}\n",
	    counts->messages, counts->malformed, counts->facts, run->findings, auth_watch_forgotten(run->feed.watch));
	return error;
}

static int look_through(struct run *run, char **files, int count)
{
	struct failure failure;
	enum error error = begin(run, &failure);
	for (int i = 0; i < count && !error; i++)
		read_file(run, files[i]);
	if (!error)
		error = end(run, &failure);
	if (error)
		fprintf(stderr, "noroshi authlog: %s\n", failure.words);
	return error || run->unread ? 2 : run->findings != 0;
}

int authlog_command(int argc, char **argv)
{
	struct run run = { .settings = auth_defaults };
	struct catalog *japanese = NULL;
	int status = read_options(argc, argv, &run);
	if (status >= 0)
		return status;
	random_bytes(&run.settings.seed, sizeof run.settings.seed);
	japanese = language_catalog(run.language);
	run.japanese = japanese;
	if (run.help)
		for (size_t i = 0; i < sizeof help / sizeof *help; i++)
			puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
	status = run.help ? 0 : look_through(&run, argv + optind, argc - optind);
	auth_watch_free(run.feed.watch);
	syslog_reader_free(run.reader);
	builder_free(&run.out);
	catalog_free(japanese);
	return status;
}
