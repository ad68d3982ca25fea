/*
 * `noroshi triage`: alert files of organisations in, the events that need confirmation out.
 */
#include "triage/command.h"

#include "triage/known.h"
#include "triage/report.h"

#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct triage_options {
	struct inputs inputs;
	struct triage_settings settings;
	const char *out, *assign, *warning_lists;
	bool json, quiet;
};

static void usage(FILE *to)
{
	fputs("usage: noroshi triage --org NAME=FILE [--org NAME=FILE …] [options]\n\n"
	      "Removes the noise from the alerts of organisations, bundles what belongs to one attempt, and shows the "
	      "few events that\n"
	      "need confirmation. A FILE may be compressed with gzip or zstd; \"-\" is standard input; an organisation "
	      "may have several.\n\n"
	      "  --org NAME=FILE     alerts of an organisation\n"
	      "  --out FILE          write the events as NDJSON, best rank first (\"-\": standard output)\n"
	      "  --assign FILE       write a CSV org,line,event,rank: each input alert that belongs to an event\n"
	      "  --json              print the counts as one JSON object instead of the report\n"
	      "  --format NAME       the format, when it is not to be told by content:\n",
	    to);
	for (size_t i = 0; formats[i]; i++)
		fprintf(to, "                        %-8s %s%s\n", formats[i]->name, formats[i]->title,
		    formats[i]->proven ? "" : " (unproven)");
	fputs("  --map MAP           CSV: which column is which, as time=ts,signature=rule,host=node\n"
	      "  --lateness TIME     alerts may come this much out of order (default 10 min)\n"
	      "  --learning TIME     for this long newness in an organisation says little (default 12 h)\n"
	      "  --longest TIME      no event is longer (default 8 h)\n"
	      "  --memory SIZE       bytes for everything that is remembered (default 201326592)\n"
	      "  --warning-lists DIR MISP warning lists: what their scanners and checks cause is noise\n"
	      "  --quiet             no progress\n"
	      "  --help              this text\n\n"
	      "Exit codes: 0 done, 1 some lines were malformed, ambiguous or of an implausible time, or an input broke "
	      "off, 2 bad usage or\na file that cannot be read.\n",
	    to);
}

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi triage: %s %s; `noroshi triage --help` explains\n", words, value);
	return 2;
}

static bool add_input(struct inputs *inputs, char *argument)
{
	char *path = strchr(argument, '=');
	if (!path || path == argument || !path[1])
		return false;
	*path++ = '\0';
	return inputs_add(inputs, argument, path);
}

static bool read_duration(const char *text, nanoseconds *duration)
{
	return duration_parse(text_of(text), duration) && *duration >= 0;
}

enum { ORG = 1, OUT, ASSIGN, JSON, FORMAT, MAP, LATENESS, LEARNING, LONGEST, MEMORY, LISTS, QUIET, HELP };

static int read_option(int choice, struct triage_options *options)
{
	switch (choice) {
	case ORG:
		return add_input(&options->inputs, optarg) ? -1 : wrong("--org: NAME=FILE was expected, not", optarg);
	case OUT:
		options->out = optarg;
		return -1;
	case ASSIGN:
		options->assign = optarg;
		return -1;
	case JSON:
		options->json = true;
		return -1;
	case QUIET:
		options->quiet = true;
		return -1;
	case FORMAT:
		options->inputs.format = format_named(optarg);
		return options->inputs.format ? -1 : wrong("there is no format", optarg);
	case MAP:
		options->inputs.settings.map = text_of(optarg);
		return -1;
	case LATENESS:
		return read_duration(optarg, &options->settings.lateness)
			   ? -1
			   : wrong("--lateness: a time as \"10 min\" was expected, not", optarg);
	case LEARNING:
		return read_duration(optarg, &options->settings.learning)
			   ? -1
			   : wrong("--learning: a time as \"12 h\" was expected, not", optarg);
	case LONGEST:
		return read_duration(optarg, &options->settings.longest) && options->settings.longest > HOUR
			   ? -1
			   : wrong("--longest: a time over one hour was expected, not", optarg);
	case MEMORY:
		return text_to_u64(text_of(optarg), &options->settings.memory)
			   ? -1
			   : wrong("--memory: a number of bytes was expected, not", optarg);
	case LISTS:
		options->warning_lists = optarg;
		return -1;
	case HELP:
		usage(stdout);
		return 0;
	}
	return -2;
}

static int read_options(int argc, char **argv, struct triage_options *options)
{
	static const struct option long_options[] = { { "org", required_argument, NULL, ORG },
		{ "out", required_argument, NULL, OUT }, { "assign", required_argument, NULL, ASSIGN },
		{ "json", no_argument, NULL, JSON }, { "format", required_argument, NULL, FORMAT },
		{ "map", required_argument, NULL, MAP }, { "lateness", required_argument, NULL, LATENESS },
		{ "learning", required_argument, NULL, LEARNING }, { "longest", required_argument, NULL, LONGEST },
		{ "memory", required_argument, NULL, MEMORY }, { "warning-lists", required_argument, NULL, LISTS },
		{ "quiet", no_argument, NULL, QUIET }, { "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		int status = read_option(choice, options);
		if (status == -2)
			return wrong("there is no such option, or its value is missing:", argv[optind - 1]);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return wrong("files are named as --org NAME=FILE, not", argv[optind]);
	return options->inputs.count ? -1 : wrong("at least one", "--org NAME=FILE is needed");
}

static enum error write_results(
    struct triage_options *options, struct report *report, const struct triage *triage, struct failure *failure)
{
	enum error error = OK;
	report_rank(report);
	if (report->failed)
		return fail(failure, ERROR_MEMORY, "no memory for the report");
	if (options->out)
		error = report_write_events(report, options->out, failure);
	if (!error && options->assign)
		error = report_write_assignments(report, &options->inputs, options->assign, failure);
	if (!error && options->json)
		report_print_json(report, &options->inputs, triage);
	else if (!error)
		report_print(report, &options->inputs, triage);
	return error;
}

static bool had_problems(const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (inputs->items[i].broken || inputs->items[i].complaints.count)
			return true;
	return false;
}

#define SPARE_MEMORY (32 << 20) /* bytes; the most that M_MMAP_THRESHOLD takes */

int triage_run(int argc, char **argv)
{
	/* What one organisation gives back the next one takes: the kernel need not clear it in between. */
	mallopt(M_TRIM_THRESHOLD, SPARE_MEMORY);
	mallopt(M_MMAP_THRESHOLD, SPARE_MEMORY);
	struct triage_options options = { .inputs.settings.now = time_now() };
	struct report report = { 0 };
	struct triage *triage = NULL;
	struct warninglists *lists = NULL;
	struct failure failure = { 0 };
	triage_settings_default(&options.settings);
	int status = read_options(argc, argv, &options);
	options.inputs.settings.past = options.settings.clamp;
	options.inputs.settings.future = options.settings.clamp_future;
	if (status < 0) {
		options.inputs.progress = isatty(STDERR_FILENO) && !options.quiet;
		report.assigns = options.assign != NULL;
		struct triage_sink sink = report_sink(&report);
		enum error error = triage_new(&options.settings, &sink, &triage, &failure);
		if (!error && options.warning_lists)
			error = known_load(options.warning_lists, &lists, &failure);
		if (!error && lists)
			triage_set_known(triage, known_source, lists);
		if (!error)
			error = inputs_triage(&options.inputs, triage, &failure);
		if (!error)
			error = write_results(&options, &report, triage, &failure);
		if (error)
			fprintf(stderr, "noroshi triage: %s\n", failure.words);
		status = error ? 2 : had_problems(&options.inputs);
	}
	triage_free(triage);
	warninglists_free(lists);
	report_free(&report);
	inputs_free(&options.inputs);
	return status;
}
