/*
 * `noroshi capture`: what of a file's lines would leave a member, or be recorded, under a capture policy.
 *
 * In: lines of a log, as an agent would follow it. Out: the lines as they would leave, and on standard error how much
 * was left out. With --unknown the paths of fields that no table knows, for those who maintain the tables.
 */
#include "watch/capture_command.h"

#include "base/stream.h"
#include "formats/capture.h"
#include "watch/capture_local.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MOST (64u << 20)
#define BEGINNING 16384

struct asked {
	const char *policy, *format, *map, *path;
	enum capture_purpose purpose;
	bool show, unknown;
};

static void usage(FILE *to)
{
	fputs("usage: noroshi capture [--policy FILE] [--record] [--format NAME] [--map MAP] [FILE]\n"
	      "       noroshi capture --show [--policy FILE]\n"
	      "       noroshi capture --unknown [--format NAME] [--map MAP] [FILE]\n\n"
	      "Prints what of the lines of FILE (standard input) would leave a member under its capture policy.\n\n"
	      "  --policy FILE  configuration file with a group `capture`; the default policy without it\n"
	      "  --record       what would be recorded at the member, instead of what would leave it\n"
	      "  --format NAME  format of the lines (default: told by content)\n"
	      "  --map MAP      field map of CSV, as the agent has it\n"
	      "  --show         print the policy itself\n"
	      "  --unknown      print the fields that no table knows: they never leave\n"
	      "  --help         this text\n\n"
	      "Exit codes: 0 done, 1 some lines are not readable, 2 bad usage or input.\n",
	    to);
}

static int wrong(const char *words)
{
	fprintf(stderr, "noroshi capture: %s\n", words);
	return 2;
}

static void print_path(void *context, struct text path)
{
	(void)context;
	printf("%.*s\n", (int)path.size, path.at);
}

/* Told by content, as the agent tells it; NULL = the lines are text. */
static const struct format *tell_format(struct stream *stream)
{
	struct failure ignored;
	struct text beginning = TEXT_NONE;
	struct json_parser *parser = json_parser_new(64);
	const struct format *format = NULL;
	if (parser && stream_peek(stream, BEGINNING, &beginning, &ignored) == OK)
		format = format_recognise(beginning, parser, &ignored);
	json_parser_free(parser);
	return format;
}

static bool print_line(struct capture_reducer *reducer, const struct asked *asked, const struct capture_policy *policy,
    const struct format *format, struct capture_columns *columns, struct text line, struct capture_counts *counts)
{
	struct text reduced;
	if (asked->unknown)
		return format && capture_unknown(reducer, format, columns, line, print_path, NULL);
	if (!capture_reduce(reducer, policy, asked->purpose, format, columns, line, counts, &reduced))
		return false;
	fwrite(reduced.at, 1, reduced.size, stdout);
	putchar('\n');
	return true;
}

static void report(const struct capture_counts *counts)
{
	fprintf(stderr, "%" PRIu64 " lines, %" PRIu64 " of them changed, %" PRIu64 " not readable\n", counts->lines,
	    counts->changed, counts->unreadable);
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		if (counts->fields[i])
			fprintf(stderr, "  %-10s %" PRIu64 "\n", capture_kind_code(i), counts->fields[i]);
}

static int print_lines(const struct asked *asked, const struct capture_policy *policy, struct stream *stream)
{
	struct capture_reducer *reducer = capture_reducer_new();
	const struct format *format = asked->format ? format_named(asked->format)
				      : asked->map  ? format_named("csv")
						    : tell_format(stream);
	struct capture_counts counts = { 0 };
	struct failure failure = { 0 };
	struct line line;
	uint64_t unreadable = 0;
	enum error error;
	struct capture_columns *columns = NULL;
	if (!reducer || capture_columns_new(format, text_of(asked->map ? asked->map : ""), &columns, &failure) != OK)
		return wrong("no memory");
	while ((error = stream_line(stream, LINE_MOST, &line, &failure)) == OK)
		unreadable += !print_line(reducer, asked, policy, format, columns, line.text, &counts);
	capture_columns_free(columns);
	capture_reducer_free(reducer);
	if (error != ERROR_END)
		return wrong(failure.words);
	if (!asked->unknown)
		report(&counts);
	return fflush(stdout) != 0 ? wrong("standard output cannot be written") : unreadable > 0;
}

static int print_policy(const struct capture_policy *policy)
{
	struct builder text = { 0 };
	capture_policy_write(policy, &text);
	for (size_t i = 0; i < text.size; i++)
		putchar(text.at[i] == ' ' ? '\n' : text.at[i]);
	putchar('\n');
	builder_free(&text);
	return fflush(stdout) != 0 ? wrong("standard output cannot be written") : 0;
}

/* -1 = go on; else the exit code. */
static int read_options(int argc, char **argv, struct asked *asked)
{
	static const struct option long_options[] = { { "policy", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' }, { "map", required_argument, NULL, 'm' },
		{ "record", no_argument, NULL, 'r' }, { "show", no_argument, NULL, 's' },
		{ "unknown", no_argument, NULL, 'u' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (choice == 'h') {
			usage(stdout);
			return 0;
		}
		if (choice == '?')
			return wrong("`noroshi capture --help` lists the options");
		asked->policy = choice == 'p' ? optarg : asked->policy;
		asked->map = choice == 'm' ? optarg : asked->map;
		asked->format = choice == 'f' ? optarg : asked->format;
		asked->purpose = choice == 'r' ? CAPTURE_FOR_RECORD : asked->purpose;
		asked->show |= choice == 's';
		asked->unknown |= choice == 'u';
	}
	if (asked->format && !format_named(asked->format))
		return wrong("there is no such format; `noroshi convert --help` lists them");
	if (optind + 1 < argc)
		return wrong("one file at a time");
	asked->path = optind < argc ? argv[optind] : "-";
	return -1;
}

int capture_command(int argc, char **argv)
{
	struct asked asked = { .purpose = CAPTURE_FOR_CENTRE };
	struct capture_policy policy = capture_policy_default;
	struct failure failure = { 0 };
	struct stream *stream;
	int status = read_options(argc, argv, &asked);
	if (status >= 0)
		return status;
	if (asked.policy && capture_local_read(asked.policy, &policy, &failure) != OK)
		return wrong(failure.words);
	if (asked.show)
		return print_policy(&policy);
	if (stream_open(asked.path, &stream, &failure) != OK)
		return wrong(failure.words);
	status = print_lines(&asked, &policy, stream);
	stream_close(stream);
	return status;
}
