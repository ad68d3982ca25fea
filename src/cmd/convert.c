/*
 * `noroshi convert`: reads alerts in any of the formats and prints each as one line of our own JSON. The way to see
 * what the readers understand, and to feed other programs.
 *
 * In: files (gzip and zstd too) or standard input. Out: NDJSON on standard output; complaints, progress and the final
 * count on standard error.
 */
#include "cmd/commands.h"

#include "base/complaint.h"
#include "base/stream.h"
#include "base/time.h"
#include "formats/format.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WRITE_BYTES ((size_t)1 << 16)

struct options {
	const struct format *format;
	struct format_settings settings;
	bool original, json;
};

struct conversion {
	const struct options *options;
	const char *name;
	struct format_counts counts;
	struct complaints complaints;
	nanoseconds shown; /* when progress was last shown */
	struct builder out;
};

static void usage(FILE *to)
{
	fputs("usage: noroshi convert [options] FILE…\n\n"
	      "Prints each alert of the files (\"-\" is standard input; gzip and zstd are read directly) as one line "
	      "of JSON.\n\n"
	      "  --format NAME   the format, when it is not to be told by content:\n",
	    to);
	for (size_t i = 0; formats[i]; i++)
		fprintf(to, "                    %-8s %s%s\n", formats[i]->name, formats[i]->title,
		    formats[i]->proven ? "" : " (unproven: tested on text of our own only)");
	fputs("  --map MAP       CSV: which column is which, as time=ts,signature=rule,host=node,detector:Snort\n"
	      "                  (field=column or field:constant; columns by name, or by number when there is no "
	      "header)\n"
	      "  --zone ZONE     the zone of times that name none, as +09:00 (default: UTC)\n"
	      "  --original      add the input line to each alert\n"
	      "  --json          print the final count as JSON\n"
	      "  --help          this text\n\n"
	      "Exit codes: 0 done, 1 some lines were malformed or have a key twice, 2 bad usage or a file that cannot "
	      "be read.\n",
	    to);
}

static void show_progress(struct conversion *conversion, const struct stream *stream)
{
	nanoseconds now = time_monotonic();
	if (now - conversion->shown < 200 * MILLISECOND)
		return;
	conversion->shown = now;
	uint64_t total = stream_total_bytes(stream), done = stream_read_bytes(stream);
	fprintf(stderr, "\r%s: %" PRIu64 " alerts", conversion->name, conversion->counts.alerts);
	if (total)
		fprintf(stderr, ", %" PRIu64 " %%", done * 100 / total);
	fputs("\033[K", stderr);
}

static bool write_out(struct builder *out)
{
	bool written = !out->failed && fwrite(out->at, 1, out->size, stdout) == out->size;
	builder_clear(out);
	return written;
}

static enum error convert_stream(
    struct conversion *conversion, struct format_reader *reader, struct stream *stream, struct failure *failure)
{
	bool progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	enum error error;
	struct alert alert;
	while (!(error = format_read(reader, stream, NULL, &alert, &conversion->counts, complaint_line,
		     &conversion->complaints, failure))) {
		alert_write_json(&alert, conversion->options->original, &conversion->out);
		build_char(&conversion->out, '\n');
		if (conversion->out.size > WRITE_BYTES && !write_out(&conversion->out))
			return fail_errno(failure, "cannot write to standard output");
		if (progress && conversion->counts.alerts % 1024 == 0)
			show_progress(conversion, stream);
	}
	if (progress)
		fputs("\r\033[K", stderr);
	if (conversion->out.size && !write_out(&conversion->out))
		return fail_errno(failure, "cannot write to standard output");
	return error == ERROR_END ? OK : error;
}

static enum error convert_file(struct conversion *conversion, struct failure *failure)
{
	struct stream *stream = NULL;
	struct format_reader *reader = NULL;
	enum error error = stream_open(conversion->name, &stream, failure);
	if (!error)
		error =
		    format_reader_new(conversion->options->format, &conversion->options->settings, &reader, failure);
	if (!error)
		error = convert_stream(conversion, reader, stream, failure);
	format_reader_free(reader);
	if (stream)
		stream_close(stream);
	return error;
}

static void show_counts(const struct format_counts *counts, bool json)
{
	fprintf(stderr,
	    json ? "{\"lines\":%" PRIu64 ",\"alerts\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"malformed\":%" PRIu64
		   ",\"cut\":%" PRIu64 ",\"duplicate_keys\":%" PRIu64 "}\n"
		 : "%" PRIu64 " lines: %" PRIu64 " alerts, %" PRIu64 " skipped, %" PRIu64 " malformed (%" PRIu64
		   " too long), %" PRIu64 " with duplicate keys\n",
	    counts->lines, counts->alerts, counts->skipped, counts->malformed, counts->cut, counts->duplicate_keys);
}

static int wrong_usage(const char *words, const char *value)
{
	fprintf(stderr, "noroshi convert: %s %s; `noroshi convert --help` explains\n", words, value);
	return 2;
}

/* -1 = go on with the files from optind on; else the exit code. */
static int read_options(int argc, char **argv, struct options *options)
{
	enum { FORMAT = 1, MAP, ZONE, ORIGINAL, JSON, HELP };
	static const struct option long_options[] = { { "format", required_argument, NULL, FORMAT },
		{ "map", required_argument, NULL, MAP }, { "zone", required_argument, NULL, ZONE },
		{ "original", no_argument, NULL, ORIGINAL }, { "json", no_argument, NULL, JSON },
		{ "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (choice == HELP) {
			usage(stdout);
			return 0;
		} else if (choice == FORMAT) {
			options->format = format_named(optarg);
			if (!options->format)
				return wrong_usage("there is no format", optarg);
		} else if (choice == MAP) {
			options->settings.map = text_of(optarg);
		} else if (choice == ZONE) {
			if (!time_parse_zone(text_of(optarg), &options->settings.zone))
				return wrong_usage("--zone: a form as +09:00 or Z was expected, not", optarg);
		} else if (choice == ORIGINAL) {
			options->original = true;
		} else if (choice == JSON) {
			options->json = true;
		} else {
			return wrong_usage("there is no such option, or its value is missing:", argv[optind - 1]);
		}
	}
	return optind < argc ? -1 : wrong_usage("give at least one file;", "\"-\" is standard input");
}

static int convert_run(int argc, char **argv)
{
	/* It judges nothing: whoever wrote the lines is shown as the one it says to be. */
	struct options options = { .settings = { .now = time_now(), .telescope = true } };
	int status = read_options(argc, argv, &options);
	if (status >= 0)
		return status;
	struct conversion conversion = { .options = &options };
	status = 0;
	for (int i = optind; i < argc; i++) {
		struct failure failure = { 0 };
		conversion.name = argv[i];
		conversion.complaints = (struct complaints){ .command = "convert", .file = conversion.name };
		if (convert_file(&conversion, &failure)) {
			bool named = strncmp(failure.words, argv[i], strlen(argv[i])) == 0; /* once is enough */
			fprintf(stderr, "noroshi convert: %s%s%s\n", named ? "" : argv[i], named ? "" : ": ",
			    failure.words);
			status = 2;
		}
	}
	builder_free(&conversion.out);
	if (fflush(stdout)) {
		perror("noroshi convert: standard output");
		status = 2;
	}
	show_counts(&conversion.counts, options.json);
	return status ? status : conversion.counts.malformed || conversion.counts.duplicate_keys ? 1 : 0;
}

const struct command convert_command = {
	.name = "convert",
	.summary = "print alerts of any format as JSON, one on each line",
	.run = convert_run,
};
