/*
 * `noroshi reach`: records in, the reach table out. See command.h.
 */
#include "reach/command.h"

#include "base/complaint.h"
#include "base/language.h"
#include "reach/report.h"
#include "reach/table.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LARGEST 65536

struct run {
	bool json, csv, unread, complained;
	struct reach_table table;
	struct arena *arena;
	struct complaints complaints;
	struct builder lines; /* --csv */
};

static const char *const help[] = {
	N_("usage: noroshi reach [options] FILE…"),
	N_("       noroshi reach mail [options] FILE…"),
	"",
	N_("Reads records of reach tests (CSV with a header, or one JSON object a line; gzip and zstd too; \"-\" is"),
	N_("standard input) and shows, by tier and by sector body, how many were addressed and reached, why the "
	   "others"),
	N_("were not, and how that changed over the years. `noroshi reach mail --help` explains the other form."),
	"",
	N_("  --json           the table as JSON"),
	N_("  --csv            the records that were read, as CSV in the order of the columns"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help           this text"),
	"",
	N_("Exit codes: 0 done, 1 some lines could not be read, 2 bad usage or a file that cannot be read."),
};

static void take(struct run *run, const struct reach_record *record, const struct line *line)
{
	struct failure failure;
	if (reach_table_add(&run->table, record, &failure) != OK)
		complaint_line(&run->complaints, line, &failure);
	else if (run->csv && record->count == 0)
		reach_record_write(&run->lines, record);
}

static enum error read_stream(struct run *run, struct stream *stream, struct failure *failure)
{
	struct reach_reader reader = { .arena = run->arena };
	struct line line;
	enum error error;
	while ((error = stream_line(stream, LINE_LARGEST, &line, failure)) == OK) {
		struct reach_record record;
		struct failure own;
		enum error each = line.cut ? fail(&own, ERROR_INPUT, "longer than %d bytes", LINE_LARGEST)
					   : reach_record_read(&reader, line.text, &record, &own);
		if (each == OK)
			take(run, &record, &line);
		else if (each != ERROR_END)
			complaint_line(&run->complaints, &line, &own);
		if (each == ERROR_INPUT && line.text.size && line.text.at[0] != '{' && reader.columns.count == 0)
			return ERROR_INPUT; /* without a header nothing can be read; it was said */
		arena_clear(run->arena);
	}
	return error == ERROR_END ? OK : error;
}

static void read_file(struct run *run, const char *name)
{
	struct stream *stream;
	struct failure failure = { 0 };
	run->complaints = (struct complaints){ .command = "reach", .file = name };
	enum error error = stream_open(name, &stream, &failure);
	if (error == OK) {
		error = read_stream(run, stream, &failure);
		stream_close(stream);
	}
	if (error != OK && error != ERROR_INPUT)
		fprintf(stderr, "noroshi reach: %s\n", failure.words);
	else if (error == ERROR_INPUT && run->complaints.count == 0)
		fprintf(stderr, "noroshi reach: %s\n", failure.words);
	run->unread |= error != OK;
	run->complained |= run->complaints.count > 0;
}

static void show(struct run *run, const struct catalog *japanese)
{
	if (run->csv) {
		fwrite(run->lines.at, 1, run->lines.size, stdout);
		return;
	}
	json_t *table = reach_table_json(&run->table);
	if (run->json) {
		json_dumpf(table, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
	} else {
		struct builder text = { 0 };
		reach_report(table, japanese, &text);
		fwrite(text.at, 1, text.size, stdout);
		builder_free(&text);
	}
	json_decref(table);
}

static int look(struct run *run, char **files, const struct catalog *japanese)
{
	run->arena = arena_new(8 << 20);
	if (!run->arena)
		return 2;
	if (run->csv)
		reach_record_write_header(&run->lines);
	for (; *files; files++)
		read_file(run, *files);
	show(run, japanese);
	bool written = fflush(stdout) == 0 && !run->lines.failed;
	if (!written)
		fprintf(stderr, "noroshi reach: the output cannot be written: %m\n");
	arena_free(run->arena);
	reach_table_free(&run->table);
	builder_free(&run->lines);
	return run->unread || !written ? 2 : run->complained;
}

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi reach: %s %s; `noroshi reach --help` explains\n", words, value);
	return 2;
}

int reach_command(int argc, char **argv)
{
	enum { JSON = 1, CSV, LANGUAGE, HELP };
	static const struct option options[] = { { "json", no_argument, NULL, JSON }, { "csv", no_argument, NULL, CSV },
		{ "language", required_argument, NULL, LANGUAGE }, { "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 } };
	struct run run = { 0 };
	const char *language = NULL;
	bool wants_help = false;
	int choice;
	if (argc > 1 && strcmp(argv[1], "mail") == 0)
		return reach_mail_command(argc - 1, argv + 1);
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", options, NULL)) != -1) {
		run.json |= choice == JSON;
		run.csv |= choice == CSV;
		wants_help |= choice == HELP;
		language = choice == LANGUAGE ? optarg : language;
		if (choice == '?')
			return wrong("there is no such option, or its value is missing:", argv[optind - 1]);
	}
	if (language && strcmp(language, "ja") != 0 && strcmp(language, "en") != 0)
		return wrong("--language: ja or en was expected, not", language);
	if (!wants_help && optind == argc)
		return wrong("give at least one file;", "\"-\" is standard input");
	struct catalog *japanese = language_catalog(language);
	int status = 0;
	if (wants_help)
		for (size_t i = 0; i < sizeof help / sizeof *help; i++)
			puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
	else
		status = look(&run, argv + optind, japanese);
	catalog_free(japanese);
	return status;
}
