/*
 * `noroshi intel check`: indicators of any format against what sensors, hosts and web servers logged.
 */
#include "base/catalog.h"
#include "base/complaint.h"
#include "formats/stix.h"
#include "formats/weblog.h"
#include "intel/command.h"
#include "intel/kept.h"
#include "intel/reported.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGINNING 16384u

struct run {
	struct verb_run verb;
	bool expired, report;
	struct looking *looking;
	struct complaints complaints;
	struct record record;
	struct arena *arena;
	struct parcel_server taxii; /* whose collection has the indicators; url NULL: a file has */
	const char *collection;
	struct reported *reported; /* what is found, for the collection; NULL: it is not told */
	struct kept_wish kept;     /* whose history is looked at, too; url NULL: files alone */
	uint64_t records, malformed, unread;
	bool broken;
};

static const char *const help[] = {
	N_("usage: noroshi intel check [options] INDICATORS RECORDS…"),
	N_("       noroshi intel check --kept URL --token-file FILE [options] INDICATORS [RECORDS…]"),
	"",
	N_("Looks for indicators (STIX, MISP, OpenIOC, a list; \"-\" is standard input) in records: EVE, Zeek, "
	   "Windows,"),
	N_("auditd, clouds, and logs of web servers. Formats are told by content; gzip and zstd too."),
	N_("Single values are compared with what is known of each record; patterns of STIX that say more are tried on"),
	N_("windows of 16,384 records. Each finding is a line of JSON on standard output."),
	"",
	N_("  --kept URL       look in the records and alerts that this centre keeps, too: https://HOST"),
	N_("  --from TIME, --to TIME  of those: what occurred in this time (2026-11-21T09:00:00Z)"),
	N_("  --taxii URL      a collection has the indicators, no file: the API root of its server"),
	N_("  --collection NAME  this one, by id or alias"),
	N_("  --report         give what is found to the collection, as sightings"),
	N_("  --token-file FILE  its first line is the token for these servers"),
	N_("  --ca FILE        PEM that their certificates are checked against"),
	N_("  --expired        also indicators whose time is over"),
	N_("  --json           print the final counters as JSON"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help           this text"),
	"",
	N_("Exit codes: 0 nothing was found, 1 something was, 2 bad usage, or a file that could not be read to its "
	   "end."),
};

static void show(void *context, struct text line)
{
	struct run *run = context;
	run->broken |= fwrite(line.at, 1, line.size, stdout) != line.size;
	if (run->reported)
		run->broken |= !reported_take(run->reported, line);
}

static void complain(void *context, const char *file, const struct failure *failure)
{
	struct run *run = context;
	run->malformed++;
	complaint_at(&run->complaints, file, 0, failure);
}

static void complain_line(void *context, const struct line *line, const struct failure *failure)
{
	struct run *run = context;
	run->malformed++;
	complaint_line(&run->complaints, line, failure);
}

static enum error look(struct run *run, const char *path, uint64_t line, struct failure *failure)
{
	struct place place = { .file = path,
		.line = line,
		.time = run->record.occurred,
		.type = run->record.type,
		.ends = { run->record.flow.ends[0].address, run->record.flow.ends[1].address } };
	run->records++;
	return looking_record(run->looking, &run->record, &place, failure);
}

static enum error check_records(struct run *run, const struct record_format *format, const char *path,
    struct stream *stream, struct failure *failure)
{
	struct record_settings settings = { 0 };
	struct record_counts counts = { 0 };
	struct record_reader *reader;
	struct line line;
	enum error error = record_reader_new(format, &settings, &reader, failure);
	if (error)
		return error;
	while (
	    !error && !(error = record_read(reader, stream, &line, &run->record, &counts, complain_line, run, failure)))
		error = look(run, path, line.number, failure);
	record_reader_free(reader);
	return error;
}

static void take_request(struct run *run, const struct weblog_request *request)
{
	struct record *record = &run->record;
	*record = (struct record){ .type = "http", .occurred = request->occurred };
	record->flow.ends[0].address = request->client;
	record->flow.ends[1].address = request->server_address;
	record->flow.ip_protocol = 6;
	record_add(record, MEMBER_HTTP_HOST, request->server);
	record_add(record, MEMBER_HTTP_METHOD, request->method);
	record_add(record, MEMBER_HTTP_URI, request->target);
	record_add(record, MEMBER_HTTP_USER_AGENT, request->agent);
	record_add(record, MEMBER_HTTP_REFERER, request->referer);
	arena_clear(run->arena);
	if (request->server.size && request->target.size && request->target.at[0] == '/')
		record_add(record, MEMBER_HTTP_URL,
		    arena_concat(run->arena, (struct text[]){ TEXT("http://"), request->server, request->target }, 3));
}

static enum error check_weblog(struct run *run, const char *path, struct stream *stream, struct failure *failure)
{
	struct weblog_reader *reader;
	struct weblog_request request;
	struct weblog_counts counts = { 0 };
	struct line line;
	enum error error = weblog_reader_new(0, &reader, failure);
	if (error)
		return error;
	while (
	    !error && !(error = weblog_read(reader, stream, &line, &request, &counts, complain_line, run, failure))) {
		take_request(run, &request);
		error = look(run, path, line.number, failure);
	}
	weblog_reader_free(reader);
	return error;
}

static void check_file(struct run *run, const char *path)
{
	struct stream *stream;
	struct failure failure = { 0 };
	struct text beginning = TEXT_NONE;
	run->complaints = (struct complaints){ .command = "intel check", .file = path };
	enum error error = stream_open(path, &stream, &failure);
	if (!error) {
		struct json_parser *parser = json_parser_new(64);
		error = stream_peek(stream, BEGINNING, &beginning, &failure);
		const struct record_format *format =
		    parser && !error ? record_format_recognise(beginning, parser, NULL) : NULL;
		json_parser_free(parser);
		if (!error && beginning.size)
			error = format ? check_records(run, format, path, stream, &failure)
				       : check_weblog(run, path, stream, &failure);
		stream_close(stream);
	}
	if (error && error != ERROR_END) {
		fprintf(stderr, "noroshi intel check: %s: %s\n", path, failure.words);
		run->unread++;
	}
}

static void report(struct run *run)
{
	struct looking_counts counts = looking_count(run->looking);
	if (run->verb.json)
		printf("{\"indicators\":%" PRIu64 ",\"values\":%" PRIu64 ",\"patterns\":%" PRIu64
		       ",\"passed_over\":%" PRIu64 ",\"records\":%" PRIu64 ",\"found\":%" PRIu64 ",\"limited\":%" PRIu64
		       ",\"malformed\":%" PRIu64 "}\n",
		    counts.indicators, counts.values, counts.patterns, counts.passed_over, run->records, counts.found,
		    counts.limited, run->malformed);
	if (counts.limited)
		fprintf(stderr, "noroshi intel check: %s\n",
		    catalog_string(run->verb.japanese,
			N_("a pattern reached its bounds in some windows: there something may have been missed")));
}

/* ── at a centre ─ */

static enum error look_kept(
    void *context, const struct record *record, const struct place *place, struct failure *failure)
{
	struct run *run = context;
	run->records++;
	return looking_record(run->looking, record, place, failure);
}

/* Patterns are not met by records of two organisations together. */
static enum error end_kept(void *context, struct failure *failure)
{
	struct run *run = context;
	return looking_end(run->looking, failure);
}

static enum error take_object(void *context, struct json_value object, struct failure *failure)
{
	struct run *run = context;
	struct item item;
	struct failure why = { 0 };
	arena_clear(run->arena);
	enum error error = item_from_stix_value(object, run->arena, &item, &why);
	if (error == ERROR_INPUT)
		complain(run, run->collection, &why);
	else if (!error)
		return looking_take(run->looking, &item, run->expired, run->collection, failure);
	return error == ERROR_INPUT ? OK : fail(failure, error, "%s", why.words);
}

static enum error load_collection(struct run *run, struct failure *failure)
{
	struct parcel_taxii *taxii = NULL;
	enum error error = parcel_taxii_open(&run->taxii, &taxii, failure);
	if (!error)
		error = parcel_taxii_each(taxii, run->collection, take_object, run, failure);
	parcel_taxii_free(taxii);
	return error;
}

static enum error look_in_all(struct run *run, char **paths, int count, struct failure *failure)
{
	const struct kept_visitor visitor = { look_kept, end_kept, run };
	for (int i = 0; i < count; i++)
		check_file(run, paths[i]);
	enum error error = looking_end(run->looking, failure);
	return error || !run->kept.centre.url ? error : kept_each(&run->kept, &visitor, failure);
}

static enum error give_sightings(struct run *run, struct failure *failure)
{
	struct parcel_added added;
	if (!run->reported)
		return OK;
	enum error error = reported_give(run->reported, &run->taxii, run->collection, &added, failure);
	if (error)
		return error;
	fprintf(stderr, catalog_string(run->verb.japanese, N_("sightings: %llu given, %llu refused")),
	    (unsigned long long)added.added, (unsigned long long)added.refused);
	fprintf(stderr, "%s%s\n", added.why[0] ? ": " : "", added.why);
	return OK;
}

/* `paths`: of the indicators, where no collection has them, and of records. */
static int check(void *context, char **paths, int count)
{
	struct run *run = context;
	struct failure failure = { 0 };
	int files = run->taxii.url ? 0 : 1; /* of indicators */
	run->looking = looking_new(show, complain, run);
	run->arena = arena_new(0);
	run->complaints = (struct complaints){ .command = "intel check" };
	run->kept.centre.token_file = run->taxii.token_file;
	run->kept.centre.authorities = run->taxii.authorities;
	enum error error = run->looking && run->arena ? OK : fail(&failure, ERROR_MEMORY, "no memory");
	if (!error)
		error = files ? looking_load(run->looking, paths[0], run->expired, &failure)
			      : load_collection(run, &failure);
	if (!error)
		error = looking_begin(run->looking, &failure);
	if (!error && run->report && !(run->reported = reported_new()))
		error = fail(&failure, ERROR_MEMORY, "no memory for sightings");
	if (!error)
		error = look_in_all(run, paths + files, count - files, &failure);
	if (!error)
		error = give_sightings(run, &failure);
	if (error)
		fprintf(stderr, "noroshi intel check: %s\n", failure.words);
	else
		report(run);
	uint64_t found = run->looking ? looking_count(run->looking).found : 0;
	looking_free(run->looking);
	arena_free(run->arena);
	reported_free(run->reported);
	run->broken |= fflush(stdout) != 0;
	return error || run->unread || run->broken ? 2 : found > 0;
}

static const char *missing(const void *context, int count)
{
	const struct run *run = context;
	bool server = run->taxii.url || run->kept.centre.url;
	if (!run->taxii.url != !run->collection)
		return "--taxii and --collection belong together";
	if (run->report && !run->taxii.url)
		return "--report belongs to --taxii and --collection";
	if (server != (run->taxii.token_file != NULL))
		return "--token-file belongs to --taxii and --kept";
	if ((run->kept.from || run->kept.to) && !run->kept.centre.url)
		return "--from and --to belong to --kept";
	return count < !run->taxii.url + !run->kept.centre.url
		   ? "a file of indicators, and at least one of records, were expected"
		   : NULL;
}

enum { KEPT = 1, FROM, TO, TAXII, COLLECTION, TOKEN_FILE, CA, REPORT, EXPIRED };
static const struct option longs[] = {
	{ "kept", required_argument, NULL, KEPT },
	{ "from", required_argument, NULL, FROM },
	{ "to", required_argument, NULL, TO },
	{ "taxii", required_argument, NULL, TAXII },
	{ "collection", required_argument, NULL, COLLECTION },
	{ "token-file", required_argument, NULL, TOKEN_FILE },
	{ "ca", required_argument, NULL, CA },
	{ "report", no_argument, NULL, REPORT },
	{ "expired", no_argument, NULL, EXPIRED },
	VERB_OPTIONS,
};

static const struct verb_place places[] = {
	{ KEPT, offsetof(struct run, kept.centre.url) },
	{ FROM, offsetof(struct run, kept.from) },
	{ TO, offsetof(struct run, kept.to) },
	{ TAXII, offsetof(struct run, taxii.url) },
	{ COLLECTION, offsetof(struct run, collection) },
	{ TOKEN_FILE, offsetof(struct run, taxii.token_file) },
	{ CA, offsetof(struct run, taxii.authorities) },
};

static const char *set_option(void *context, int option, const char *value)
{
	struct run *run = context;
	(void)value;
	run->report |= option == REPORT;
	run->expired |= option == EXPIRED;
	return NULL;
}

int intel_check(int argc, char **argv)
{
	static const struct verb verb = { .name = "check",
		.help = help,
		.help_count = sizeof help / sizeof *help,
		.options = longs,
		.places = places,
		.place_count = sizeof places / sizeof *places,
		.take = set_option,
		.missing = missing,
		.go = check };
	struct run *run = calloc(1, sizeof *run); /* a record is large */
	int code = run ? verb_main(&verb, run, argc, argv) : 2;
	free(run);
	return code;
}
