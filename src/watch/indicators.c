/*
 * `noroshi indicators`: checks lists of indicators, compiles them into one file that loads fast, and looks values up.
 */
#include "watch/indicators.h"

#include "base/complaint.h"
#include "base/stream.h"
#include "base/time.h"
#include "match/indicator_list.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct options {
	bool json;
	const char *out;
};

struct loading {
	struct indicator_builder *builder;
	struct indicator_list_counts counts;
	struct complaints complaints;
};

static void usage(FILE *to)
{
	fputs("usage: noroshi indicators check [--json] FILE…\n"
	      "       noroshi indicators compile [--json] --out SET FILE…\n"
	      "       noroshi indicators lookup [--json] FILE VALUE…\n\n"
	      "Lists of indicators: addresses, prefixes, domains, URLs, hashes, JA3, JA4, certificates, mail.\n\n"
	      "  check    reads lists, says by line what is wrong in them, and counts\n"
	      "  compile  makes one file of them that loads fast\n"
	      "  lookup   prints the indicators of a list or compiled file that a value meets;\n"
	      "           \"-\" reads values from standard input, one on each line\n\n"
	      "  --out SET  where the compiled file goes\n"
	      "  --json     print results as JSON\n"
	      "  --help     this text\n\n"
	      "A line of a list: type,value,action,id or a value alone. Documents of STIX 2.0, 2.1 and MISP are\n"
	      "read too: what of them sensors can compare. FILE may be \"-\".\n"
	      "Exit codes: 0 done, 1 some lines were malformed, or lookup: a value was met, 2 bad usage or input.\n",
	    to);
}

static int wrong_usage(const char *words, const char *value)
{
	fprintf(stderr, "noroshi indicators: %s %s; `noroshi indicators --help` explains\n", words, value);
	return 2;
}

static int fatal(const struct failure *failure)
{
	fprintf(stderr, "noroshi indicators: %s\n", failure->words);
	return 2;
}

static enum error add_file(struct loading *loading, const char *path, struct failure *failure)
{
	struct stream *stream;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	loading->complaints = (struct complaints){ .command = "indicators" };
	error = indicator_list_read(
	    stream, loading->builder, &loading->counts, complaint_at, &loading->complaints, failure);
	stream_close(stream);
	return error;
}

static enum error load_lists(
    char **paths, int count, struct loading *loading, struct indicator_set **set, struct failure *failure)
{
	enum error error = OK;
	loading->builder = indicator_builder_new();
	if (!loading->builder)
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	for (int i = 0; i < count && !error; i++)
		error = add_file(loading, paths[i], failure);
	if (!error)
		return indicator_builder_compile(loading->builder, set, failure);
	indicator_builder_free(loading->builder);
	return error;
}

static void show_counts(const struct indicator_list_counts *lines, const struct indicator_counts *counts, bool json)
{
	printf(json ? "{\"lines\":%" PRIu64 ",\"malformed\":%" PRIu64 ",\"passed_over\":%" PRIu64
		      ",\"indicators\":%u,\"repeated\":%u,"
		      "\"crowded\":%u,\"bytes\":%" PRIu64 ",\"kinds\":{"
		    : "%" PRIu64 " lines: %" PRIu64 " malformed, %" PRIu64
		      " passed over, %u indicators (%u repeated, %u too many of one "
		      "value), %" PRIu64 " bytes of memory\n",
	    lines->lines, lines->malformed, lines->passed_over, counts->total, counts->repeated, counts->crowded,
	    counts->bytes);
	const char *between = "";
	for (int i = 0; i < INDICATOR_KINDS; i++) {
		if (counts->kinds[i] == 0)
			continue;
		printf(json ? "%s\"%s\":%u" : "%s  %-18s %10u\n", json ? between : "",
		    indicator_kind_name((enum indicator_kind)i), counts->kinds[i]);
		between = ",";
	}
	if (json)
		puts("}}");
}

static int check_or_compile(const struct options *options, char **paths, int count)
{
	struct loading loading = { 0 };
	struct indicator_set *set = NULL;
	struct failure failure = { 0 };
	if (count == 0)
		return wrong_usage("give at least one file;", "\"-\" is standard input");
	enum error error = load_lists(paths, count, &loading, &set, &failure);
	if (!error && options->out)
		error = indicator_set_write(set, options->out, &failure);
	if (!error) {
		struct indicator_counts counts = indicator_set_count(set);
		show_counts(&loading.counts, &counts, options->json);
	}
	indicator_set_free(set);
	return error ? fatal(&failure) : loading.counts.malformed > 0;
}

/* ── lookup ─ */

struct lookup {
	const struct options *options;
	struct text value;
	uint64_t met;
};

static void show_match(void *context, const struct indicator_match *match)
{
	struct lookup *lookup = context;
	char words[INDICATOR_TEXT];
	struct builder out = { 0 };
	struct text indicator = text_of(indicator_format(match->kind, match->value, match->size, words));
	lookup->met++;
	if (lookup->options->json) {
		build_text(&out, TEXT("{\"value\":"));
		build_json_string(&out, lookup->value);
		build_format(&out, ",\"type\":\"%s\",\"indicator\":", indicator_kind_name(match->kind));
		build_json_string(&out, indicator);
		build_format(
		    &out, ",\"action\":\"%s\",\"id\":%u}\n", indicator_action_name(match->action), match->number);
	} else {
		char printable[3 * INDICATOR_LINE_LONGEST + 1];
		text_make_printable(lookup->value, printable);
		build_format(&out, "%s\t%s\t%s\t%s\t%u\n", printable, indicator_kind_name(match->kind), indicator.at,
		    indicator_action_name(match->action), match->number);
	}
	fwrite(out.at ? out.at : "", 1, out.size, stdout);
	builder_free(&out);
}

static enum error look_up_lines(const struct indicator_set *set, struct lookup *lookup, struct failure *failure)
{
	struct stream *stream;
	struct line line;
	enum error error = stream_open("-", &stream, failure);
	if (error)
		return error;
	while (!(error = stream_line(stream, INDICATOR_LINE_LONGEST, &line, failure))) {
		lookup->value = text_trim(line.text);
		indicator_set_kinds(set, INDICATOR_ANY, lookup->value, show_match, lookup);
	}
	stream_close(stream);
	return error == ERROR_END ? OK : error;
}

static int look_up(const struct options *options, char **arguments, int count)
{
	struct loading loading = { .complaints = { .command = "indicators" } };
	struct indicator_set *set = NULL;
	struct failure failure = { 0 };
	struct lookup lookup = { .options = options };
	if (count < 2)
		return wrong_usage("give a file and at least one value;", "\"-\" reads values from standard input");
	enum error error =
	    indicators_load(arguments[0], &set, &loading.counts, complaint_at, &loading.complaints, &failure);
	for (int i = 1; i < count && !error; i++) {
		lookup.value = text_of(arguments[i]);
		if (lookup.value.size > INDICATOR_LINE_LONGEST)
			error = fail(&failure, ERROR_INPUT, "a value is longer than %d bytes", INDICATOR_LINE_LONGEST);
		else if (strcmp(arguments[i], "-") == 0)
			error = look_up_lines(set, &lookup, &failure);
		else
			indicator_set_kinds(set, INDICATOR_ANY, lookup.value, show_match, &lookup);
	}
	indicator_set_free(set);
	return error ? fatal(&failure) : lookup.met > 0;
}

int indicators_command(int argc, char **argv)
{
	static const struct option long_options[] = { { "out", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct options options = { 0 };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (choice == 'h') {
			usage(stdout);
			return 0;
		}
		if (choice == '?')
			return wrong_usage("there is no such option, or its value is missing:", argv[optind - 1]);
		options.json |= choice == 'j';
		options.out = choice == 'o' ? optarg : options.out;
	}
	const char *verb = optind < argc ? argv[optind++] : "";
	bool compile = strcmp(verb, "compile") == 0;
	if (compile != !!options.out)
		return wrong_usage("--out goes with compile,", "and compile needs it");
	if (compile || strcmp(verb, "check") == 0)
		return check_or_compile(&options, argv + optind, argc - optind);
	if (strcmp(verb, "lookup") == 0)
		return look_up(&options, argv + optind, argc - optind);
	return wrong_usage("check, compile or lookup was expected, not", *verb ? verb : "nothing");
}
