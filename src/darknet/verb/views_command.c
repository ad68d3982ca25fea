/*
 * `noroshi darknet report`: what arrived in a period, ranked and compared, out of day tables.
 */
#include "darknet/verb/command.h"

#include "base/data.h"
#include "base/file.h"
#include "base/language.h"
#include "darknet/report/lines_read.h"
#include "darknet/verb/arguments.h"
#include "darknet/view/publication.h"
#include "darknet/view/views_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	N_("  --against PERIOD   what it is compared with (default: the year, month or as many days before; one that "
	   "a"),
	N_("                     note leaves out of trends is passed over)"),
	N_("  --without-research scanners of researchers do not count"),
	N_("  --research-alone   nothing else counts"),
	N_("  --top N            so many of each ranking (default 10, at most 1000)"),
	N_("  --follow PORT      series of this port, as 23/tcp; up to 8 (default 23/tcp, 6379/tcp, 22/tcp)"),
	N_("  --iot FILE         which ports are those of IoT devices (default: the list that comes along)"),
	N_("  --page FILE        a page to read or to print, with charts: one HTML file that needs nothing else"),
	N_("  --json             one JSON object: docs/darknet-views.md defines its keys"),
	N_("  --csv              every count, not only the first ones, as CSV"),
	N_("  --publish FILE     keep the JSON object there too, as it is known now; never over a file that is there"),
	N_("  --language LANG    ja or en, of a page also both (default: as LANG in the environment says)"),
	N_("  --help             this text"),
	"",
	N_("Exit codes: 0 done, 1 there is no table of that period, 2 bad usage or a table that cannot be read."),
};

struct run {
	const char *period, *against, *publish, *page, *language, *iot_path;
	uint64_t top;
	bool json, csv, help;
	const char *tables, *sensor;
	struct view_notes notes;
	struct iot_ports iot;
	struct view_names *names;
	struct views_report report;
};

/* ── options ─ */

static const char *read_followed(void *into, const char *value)
{
	struct views_report *report = &((struct run *)into)->report;
	struct view_port *port = &report->followed[report->followed_count];

	if (report->followed_count == VIEW_FOLLOWED || !port_parse(text_of(value), &port->port, &port->protocol))
		return "a port as 23/tcp, eight of them at most,";
	report->followed_count++;
	return NULL;
}

#define AT(member) offsetof(struct run, member)
static const struct argument table[] = {
	{ "tables", ARGUMENT_TEXT, AT(tables), 0, 0, NULL, NULL, 0 },
	{ "sensor", ARGUMENT_TEXT, AT(sensor), 0, 0, NULL, NULL, 0 },
	{ "period", ARGUMENT_TEXT, AT(period), 0, 0, NULL, NULL, 0 },
	{ "against", ARGUMENT_TEXT, AT(against), 0, 0, NULL, NULL, 0 },
	{ "without-research", ARGUMENT_FLAG, AT(report.without_research), 0, 0, NULL, NULL, 0 },
	{ "research-alone", ARGUMENT_FLAG, AT(report.research_alone), 0, 0, NULL, NULL, 0 },
	{ "top", ARGUMENT_NUMBER, AT(top), 1, 1000, NULL, NULL, 0 },
	{ "follow", ARGUMENT_OTHER, 0, 0, 0, NULL, read_followed, 0 },
	{ "iot", ARGUMENT_TEXT, AT(iot_path), 0, 0, NULL, NULL, 0 },
	{ "json", ARGUMENT_FLAG, AT(json), 0, 0, NULL, NULL, 0 },
	{ "csv", ARGUMENT_FLAG, AT(csv), 0, 0, NULL, NULL, 0 },
	{ "page", ARGUMENT_TEXT, AT(page), 0, 0, NULL, NULL, 0 },
	{ "publish", ARGUMENT_TEXT, AT(publish), 0, 0, NULL, NULL, 0 },
	{ "language", ARGUMENT_CHOICE, AT(language), 0, 0, "ja en both", NULL, 0 },
	{ "help", ARGUMENT_FLAG, AT(help), 0, 0, NULL, NULL, 0 },
	{ 0 },
};
static const struct arguments arguments = { "noroshi darknet report", table, NULL };

static int read_options(int argc, char **argv, struct run *run)
{
	struct failure failure = { 0 };
	enum period_form form;

	run->top = 10;
	int status = arguments_read(&arguments, argc, argv, run);
	if (status >= 0 || run->help)
		return status;
	if (!run->tables || !run->period)
		return arguments_wrong(
		    &arguments, "say where the tables are with --tables, and which time with", "--period");
	if (run->json && run->csv)
		return arguments_wrong(&arguments, "either --json or", "--csv");
	if (run->report.without_research && run->report.research_alone)
		return arguments_wrong(&arguments, "either --without-research or", "--research-alone");
	if (run->language && strcmp(run->language, "both") == 0 && !run->page)
		return arguments_wrong(&arguments, "both languages are for", "--page");
	if (!view_period_parse(text_of(run->period), &run->report.periods[0], &form))
		return arguments_wrong(&arguments,
		    "--period: a year, a month, a day or two days as 2022-03-01..2022-03-31 were expected, not",
		    run->period);
	if (view_notes_read(run->tables, &run->notes, &failure) != OK) {
		fprintf(stderr, "%s: %s\n", arguments.verb, failure.words);
		return 2;
	}
	run->report.periods[1] = view_notes_against(&run->notes, &run->report.periods[0], form);
	if (run->against && !view_period_parse(text_of(run->against), &run->report.periods[1], &form))
		return arguments_wrong(
		    &arguments, "--against: a period as of --period was expected, not", run->against);
	run->report.top = (size_t)run->top;
	run->report.notes = &run->notes;
	run->report.iot = &run->iot;
	run->report.names = run->names = view_names_load();
	return -1;
}

/* ── work ─ */

/* What was known when it was published stays, whatever tables say later. */
static enum error publish(const struct run *run, struct failure *failure)
{
	struct builder json = { 0 };
	enum error error = views_report_json(&run->report, &json);

	error = error ? fail(failure, error, "no memory for a report")
		      : publication_write(run->publish, (struct text){ json.at, json.size }, failure);
	builder_free(&json);
	return error;
}

static enum error write_page(const struct run *run, const struct catalog *japanese, struct failure *failure)
{
	struct builder page = { 0 };
	bool both = run->language && strcmp(run->language, "both") == 0;
	enum error error = OK;

	if (both && !japanese)
		error = fail(failure, ERROR_SYSTEM, "the Japanese strings are not there");
	if (!error && views_page(&run->report, japanese, both, &page) != OK)
		error = fail(failure, ERROR_MEMORY, "no memory for a page");
	if (!error)
		error = file_replace(run->page, (struct text){ page.at, page.size }, 0644, failure);
	builder_free(&page);
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

static enum error load_iot(struct run *run, struct failure *failure)
{
	char path[512];
	enum error error = run->iot_path ? OK : data_find("telescope/iot-ports", path, sizeof path, failure);

	return error ? error : iot_ports_read(run->iot_path ? run->iot_path : path, &run->iot, failure);
}

static int work(struct run *run, const struct catalog *japanese)
{
	struct failure failure = { 0 };
	enum error error = load_iot(run, &failure);

	if (!error && run->publish)
		error = publication_free(run->publish, &failure);
	if (!error)
		error = views_report_make(&run->report, run->tables, run->sensor, &failure);
	if (!error && run->publish)
		error = publish(run, &failure);
	if (!error && run->page)
		error = write_page(run, japanese, &failure);
	if (!error && (!run->page || run->json || run->csv))
		error = write_report(run, japanese, &failure);
	if (error) {
		fprintf(stderr, "noroshi darknet report: %s\n", failure.words);
		return 2;
	}
	if (run->report.cover[0].files == 0)
		fprintf(stderr, "noroshi darknet report: in %s is no table of %s\n", run->tables, run->period);
	return run->report.cover[0].files == 0;
}

int darknet_report(int argc, char **argv)
{
	struct run run = { 0 };
	int status = read_options(argc, argv, &run);

	if (status < 0) {
		bool both = run.language && strcmp(run.language, "both") == 0;
		struct catalog *japanese = language_catalog(both ? "ja" : run.language);
		if (run.help)
			for (size_t i = 0; i < sizeof help / sizeof *help; i++)
				puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
		status = run.help ? 0 : work(&run, japanese);
		catalog_free(japanese);
	}
	views_report_free(&run.report);
	view_notes_free(&run.notes);
	view_names_free(run.names);
	return status;
}
