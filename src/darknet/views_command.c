/*
 * `noroshi darknet report`: what arrived in a period, ranked and compared, out of day tables.
 */
#include "darknet/command.h"

#include "base/file.h"
#include "base/language.h"
#include "darknet/views_report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const help[] = {
	N_("usage: noroshi darknet report --tables DIR --period PERIOD [options]"),
	"",
	N_("Ranks ports, countries, methods and victims by what arrived, by increase and by decrease, against the "
	   "period"),
	N_("before it, from the tables that `noroshi darknet --tables` keeps. Counts are for each day and address,"),
	N_("those of backscatter for each day."),
	"",
	N_("  --tables DIR       where the tables are"),
	N_("  --sensor NAME      those of this sensor alone"),
	N_("  --period PERIOD    2022, 2022-03, 2022-03-01, or 2022-03-01..2022-03-31"),
	N_("  --against PERIOD   what it is compared with (default: the year, month or as many days before)"),
	N_("  --without-research scanners of researchers do not count"),
	N_("  --top N            so many of each ranking (default 10, at most 1000)"),
	N_("  --json             one JSON object: docs/darknet-views.md defines its keys"),
	N_("  --csv              every count, not only the first ones, as CSV"),
	N_("  --publish FILE     keep the JSON object there too, as it is known now; never over a file that is there"),
	N_("  --language LANG    ja or en (default: as LANG in the environment says)"),
	N_("  --help             this text"),
	"",
	N_("Exit codes: 0 done, 1 there is no table of that period, 2 bad usage or a table that cannot be read."),
};

struct run {
	const char *tables, *sensor, *period, *against, *publish, *language;
	bool without_research, json, csv, help;
	struct views_report report;
};

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi darknet report: %s %s; `noroshi darknet report --help` explains\n", words, value);
	return 2;
}

/* ── periods ─ */

enum period_form { PERIOD_YEAR, PERIOD_MONTH, PERIOD_DAYS };

static int64_t day_number(int year, int month, int day)
{
	struct tm date = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

	return (int64_t)timegm(&date) / 86400;
}

static bool read_day(const char *text, int64_t *day)
{
	struct tm date = { 0 };
	char again[16];
	const char *end = strptime(text, "%Y-%m-%d", &date);

	if (!end || *end)
		return false;
	*day = (int64_t)timegm(&date) / 86400;
	return strcmp(view_day(*day, again), text) == 0; /* no 30th of February */
}

static bool read_period(const char *text, struct view_period *period, enum period_form *form)
{
	int year, month, end = 0;
	const char *dots = strstr(text, "..");
	char first[16];

	*form = PERIOD_DAYS;
	if (dots)
		return dots - text < 16 && snprintf(first, sizeof first, "%.*s", (int)(dots - text), text) > 0 &&
		       read_day(first, &period->from) && read_day(dots + 2, &period->to) && period->from <= period->to;
	if (read_day(text, &period->from)) {
		period->to = period->from;
		return true;
	}
	if (sscanf(text, "%4d-%2d%n", &year, &month, &end) == 2 && end == 7 && !text[end] && month >= 1 &&
	    month <= 12 && year >= 1970 && year < 2262) {
		*form = PERIOD_MONTH;
		period->from = day_number(year, month, 1);
		period->to = day_number(year, month + 1, 1) - 1;
		return true;
	}
	if (sscanf(text, "%4d%n", &year, &end) != 1 || end != 4 || text[end] || year < 1970 || year >= 2262)
		return false;
	*form = PERIOD_YEAR;
	period->from = day_number(year, 1, 1);
	period->to = day_number(year + 1, 1, 1) - 1;
	return true;
}

static struct view_period period_before(const struct view_period *period, enum period_form form)
{
	struct view_period before = { .to = period->from - 1 };
	time_t seconds = (time_t)(before.to * 86400);
	struct tm date;

	gmtime_r(&seconds, &date);
	before.from = form == PERIOD_YEAR    ? day_number(date.tm_year + 1900, 1, 1)
		      : form == PERIOD_MONTH ? day_number(date.tm_year + 1900, date.tm_mon + 1, 1)
					     : period->from - (period->to - period->from + 1);
	return before;
}

/* ── options ─ */

enum { TABLES = 1, SENSOR, PERIOD, AGAINST, WITHOUT_RESEARCH, TOP, JSON, CSV, PUBLISH, LANGUAGE, HELP };

static const struct option long_options[] = { { "tables", required_argument, NULL, TABLES },
	{ "sensor", required_argument, NULL, SENSOR }, { "period", required_argument, NULL, PERIOD },
	{ "against", required_argument, NULL, AGAINST }, { "without-research", no_argument, NULL, WITHOUT_RESEARCH },
	{ "top", required_argument, NULL, TOP }, { "json", no_argument, NULL, JSON }, { "csv", no_argument, NULL, CSV },
	{ "publish", required_argument, NULL, PUBLISH }, { "language", required_argument, NULL, LANGUAGE },
	{ "help", no_argument, NULL, HELP }, { 0 } };

static int read_option(int choice, struct run *run)
{
	uint64_t number;

	switch (choice) {
	case TABLES:
		run->tables = optarg;
		return -1;
	case SENSOR:
		run->sensor = optarg;
		return -1;
	case PERIOD:
		run->period = optarg;
		return -1;
	case AGAINST:
		run->against = optarg;
		return -1;
	case WITHOUT_RESEARCH:
		run->without_research = true;
		return -1;
	case TOP:
		if (!text_to_u64(text_of(optarg), &number) || number < 1 || number > 1000)
			return wrong("--top: a number from 1 to 1000 was expected, not", optarg);
		run->report.top = (size_t)number;
		return -1;
	case JSON:
		run->json = true;
		return -1;
	case CSV:
		run->csv = true;
		return -1;
	case PUBLISH:
		run->publish = optarg;
		return -1;
	case LANGUAGE:
		run->language = optarg;
		return strcmp(optarg, "ja") == 0 || strcmp(optarg, "en") == 0
			   ? -1
			   : wrong("--language: ja or en was expected, not", optarg);
	case HELP:
		run->help = true;
		return -1;
	default:
		return wrong("no such option:", "--help lists them");
	}
}

static int read_options(int argc, char **argv, struct run *run)
{
	enum period_form form;
	int choice, status = -1;

	run->report.top = 10;
	optind = 1;
	opterr = 0;
	while (status < 0 && (choice = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		status = choice == '?' ? wrong("there is no such option, or its value is missing:", argv[optind - 1])
				       : read_option(choice, run);
	if (status >= 0 || run->help)
		return status;
	if (optind < argc)
		return wrong("no file is read but the tables of --tables; what is", argv[optind]);
	if (!run->tables || !run->period)
		return wrong("say where the tables are with --tables, and which time with", "--period");
	if (run->json && run->csv)
		return wrong("either --json or", "--csv");
	if (!read_period(run->period, &run->report.periods[0], &form))
		return wrong(
		    "--period: a year, a month, a day or two days as 2022-03-01..2022-03-31 were expected, not",
		    run->period);
	run->report.periods[1] = period_before(&run->report.periods[0], form);
	if (run->against && !read_period(run->against, &run->report.periods[1], &form))
		return wrong("--against: a period as of --period was expected, not", run->against);
	return -1;
}

/* ── work ─ */

/* Frozen: what was known when it was published stays, whatever tables say later. */
static enum error publish(const struct run *run, struct failure *failure)
{
	struct builder json = { 0 };
	struct file *file = NULL;

	if (views_report_json(&run->report, &json) != OK)
		return fail(failure, ERROR_MEMORY, "no memory for a report");
	enum error error = file_replace_begin(run->publish, 0444, &file, failure);
	if (!error)
		error = file_append(file, json.at, json.size, failure);
	if (!error)
		error = file_replace_commit(file, failure);
	else if (file)
		file_replace_abandon(file);
	builder_free(&json);
	return error;
}

static enum error write_report(const struct run *run, const struct catalog *japanese, struct failure *failure)
{
	struct builder text = { 0 };
	enum error error = run->json  ? views_report_json(&run->report, &text)
			   : run->csv ? views_report_csv(&run->report, &text)
				      : views_report_words(&run->report, japanese, &text);

	if (error)
		error = fail(failure, error, "no memory for a report");
	else if (fwrite(text.at, 1, text.size, stdout) != text.size || fflush(stdout) != 0)
		error = fail_errno(failure, "standard output");
	builder_free(&text);
	return error;
}

static int work(struct run *run, const struct catalog *japanese)
{
	struct failure failure = { 0 };
	enum error error = OK;

	if (run->publish && access(run->publish, F_OK) == 0)
		error = fail(&failure, ERROR_CONFLICT, "%s is there already: what was published stays", run->publish);
	if (!error)
		error = views_report_make(&run->report, run->tables, run->sensor, run->without_research, &failure);
	if (!error && run->publish)
		error = publish(run, &failure);
	if (!error)
		error = write_report(run, japanese, &failure);
	if (error) {
		fprintf(stderr, "noroshi darknet report: %s\n", failure.words);
		return 2;
	}
	return run->report.cover[0].files == 0;
}

int darknet_report(int argc, char **argv)
{
	struct run run = { 0 };
	int status = read_options(argc, argv, &run);

	if (status < 0) {
		struct catalog *japanese = language_catalog(run.language);
		if (run.help)
			for (size_t i = 0; i < sizeof help / sizeof *help; i++)
				puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
		status = run.help ? 0 : work(&run, japanese);
		catalog_free(japanese);
	}
	views_report_free(&run.report);
	return status;
}
