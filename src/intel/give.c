/*
 * `noroshi intel import`: items of any format that is read, given to a collection of a centre (or of another server of
 * TAXII 2.1) with somebody's token. The server decides what is taken; what it refuses is told.
 *
 * Objects go in envelopes of about a megabyte, in the order of the files, each followed until the server is done with
 * it. Identifiers are made of what is in the files, so that giving a file again gives the same objects.
 */
#include "base/catalog.h"
#include "base/complaint.h"
#include "intel/command.h"
#include "intel/export.h"
#include "intel/parcel_taxii.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ENVELOPE ((size_t)1 << 20) /* bytes after which objects are sent */
#define PROGRESS (2 * SECOND)      /* how often */
#define TRIES 8u                   /* of an envelope, after 1, 2, 4 … s */

struct run {
	struct verb_run verb;
	struct parcel_server server;
	const char *collection;
	enum tlp tlp; /* of what says none itself */
	bool tlp_said, quiet;
	uint64_t skip; /* items that an earlier run gave */
	struct parcel_taxii *taxii;
	struct exporting *exporting;
	struct arena *arena;
	struct complaints complaints;
	nanoseconds told;
	bool broken;
	uint64_t items, given, unread, malformed; /* given: items that the server has answered for */
};

static const char *const help[] = {
	N_("usage: noroshi intel import --taxii URL --token-file FILE --collection NAME [options] FILE…"),
	"",
	N_("Gives what is in the files to a collection: STIX 2.0 and 2.1, MISP (a file, or a feed's folder), OpenIOC,"),
	N_("lists. Formats are told by content; gzip and zstd too; \"-\" is standard input."),
	"",
	N_("  --taxii URL         the API root of the centre: https://HOST/taxii2/exchange/"),
	N_("  --token-file FILE   its first line is the token for that server"),
	N_("  --collection NAME   the collection there, by id or alias"),
	N_("  --ca FILE           PEM that the server's certificate is checked against"),
	N_("  --tlp CODE          the TLP of what says none itself (default: the collection's)"),
	N_("  --skip NUMBER       pass over so many items, which an earlier run said were given"),
	N_("  --quiet             no progress"),
	N_("  --json              print the counters as JSON"),
	N_("  --language LANG     ja or en (default: as LANG in the environment says)"),
	N_("  --help              this text"),
	"",
	N_("Exit codes: 0 everything was taken, 1 something was refused or malformed, 2 bad usage, input or no "
	   "server."),
};

enum { TAXII = 1, TOKEN_FILE, COLLECTION, CA, TLP, SKIP, QUIET };
static const struct option longs[] = {
	{ "taxii", required_argument, NULL, TAXII },
	{ "token-file", required_argument, NULL, TOKEN_FILE },
	{ "collection", required_argument, NULL, COLLECTION },
	{ "ca", required_argument, NULL, CA },
	{ "tlp", required_argument, NULL, TLP },
	{ "skip", required_argument, NULL, SKIP },
	{ "quiet", no_argument, NULL, QUIET },
	VERB_OPTIONS,
};

static const struct verb_place places[] = {
	{ TAXII, offsetof(struct run, server.url) },
	{ TOKEN_FILE, offsetof(struct run, server.token_file) },
	{ COLLECTION, offsetof(struct run, collection) },
	{ CA, offsetof(struct run, server.authorities) },
};

static const char *set_option(void *context, int option, const char *value)
{
	struct run *run = context;
	switch (option) {
	case TLP:
		run->tlp_said = true;
		return tlp_parse(text_of(value), &run->tlp)
			   ? NULL
			   : "--tlp: CLEAR, GREEN, AMBER, AMBER+STRICT or RED was expected";
	case SKIP:
		return text_to_u64(text_of(value), &run->skip) ? NULL : "--skip: a number was expected";
	case QUIET:
		run->quiet = true;
		return NULL;
	default:
		return NULL;
	}
}

/* ── giving ─ */

static void complain(void *context, const char *file, const struct failure *failure)
{
	struct run *run = context;
	run->malformed++;
	complaint_at(&run->complaints, file, 0, failure);
}

/* The same objects once more are the same versions: whether the server had them before it went away is no matter. */
static enum error send_envelope(struct run *run, struct text objects, struct failure *failure)
{
	enum error error = ERROR_AGAIN;
	for (unsigned i = 0; i < TRIES && (error == ERROR_AGAIN || error == ERROR_SYSTEM); i++) {
		if (i > 0)
			nanosleep(&(struct timespec){ .tv_sec = (time_t)1 << (i - 1) }, NULL);
		error = parcel_taxii_add(run->taxii, run->collection, objects, failure);
		if (error == OK)
			error = parcel_taxii_flush(run->taxii, failure);
	}
	return error;
}

static void flush(struct run *run, size_t least)
{
	struct builder *text = exporting_text(run->exporting);
	struct failure failure = { 0 };
	struct text objects = { text->at, text->size };
	if (run->broken || text->size < least)
		return;
	if (text_starts(objects, TEXT(",")))
		objects = (struct text){ objects.at + 1, objects.size - 1 };
	enum error error = text->failed   ? fail(&failure, ERROR_MEMORY, "no memory for objects")
			   : objects.size ? send_envelope(run, objects, &failure)
					  : OK;
	builder_clear(text);
	run->broken = error != OK;
	if (error == OK)
		run->given = run->items;
	else
		fprintf(stderr, "noroshi intel import: %s\n", failure.words);
}

static void tell_progress(struct run *run, const struct intel_source *source, const char *path)
{
	nanoseconds now = time_monotonic();
	uint64_t read = intel_source_read_bytes(source), total = intel_source_total_bytes(source);
	if (run->quiet || now - run->told < PROGRESS)
		return;
	run->told = now;
	fprintf(stderr, "%s: %" PRIu64, path, read / 1000000);
	if (total) /* of standard input nobody knows */
		fprintf(stderr, " / %" PRIu64, total / 1000000);
	fprintf(stderr, " MB, %" PRIu64 "\n", run->given);
}

/* What the file says of TLP stands. */
static bool take_group(struct run *run, const struct intel_group *group)
{
	struct item *items = arena_take(run->arena, (group->count + 1) * sizeof *items);
	if (!items)
		return false;
	for (uint32_t i = 0; i < group->count; i++) {
		items[i] = group->items[i];
		if (run->tlp_said && !items[i].tlp_marked) {
			items[i].tlp = run->tlp;
			items[i].tlp_marked = true;
		}
	}
	run->items += group->count;
	if (run->items > run->skip)
		exporting_group(run->exporting, &(struct intel_group){ items, group->count });
	arena_clear(run->arena);
	return true;
}

static void give_file(struct run *run, const char *path)
{
	struct intel_source *source;
	struct intel_group group;
	struct failure failure = { 0 };
	run->complaints = (struct complaints){ .command = "intel import" };
	enum error error = intel_source_open(path, complain, run, &source, &failure);
	while (!error && !run->broken) {
		error = intel_source_next(source, &group, &failure);
		if (error)
			break;
		if (!take_group(run, &group))
			error = fail(&failure, ERROR_MEMORY, "no memory for items");
		flush(run, ENVELOPE);
		tell_progress(run, source, path);
	}
	if (error && error != ERROR_END) {
		fprintf(stderr, "noroshi intel import: %s: %s\n", path, failure.words);
		run->unread++;
	}
	intel_source_close(source);
}

/* ── the command ─ */

static int report(const struct run *run)
{
	struct parcel_added added = parcel_taxii_added(run->taxii);
	if (run->verb.json)
		printf("{\"items\":%" PRIu64 ",\"given\":%" PRIu64 ",\"taken\":%" PRIu64 ",\"refused\":%" PRIu64
		       ",\"malformed\":%" PRIu64 "}\n",
		    run->items, run->given, added.added, added.refused, run->malformed);
	else
		printf(catalog_string(run->verb.japanese, N_("%llu items given: %llu objects taken, %llu refused")),
		    (unsigned long long)run->given, (unsigned long long)added.added, (unsigned long long)added.refused);
	if (!run->verb.json)
		printf("%s%s\n", added.why[0] ? ": " : "", added.why);
	if (run->broken)
		fprintf(stderr, "noroshi intel import: go on with --skip %" PRIu64 "\n", run->given);
	bool silent = fflush(stdout) != 0;
	return run->unread || run->broken || silent ? 2 : run->malformed || added.refused ? 1 : 0;
}

static int give(void *context, char **paths, int count)
{
	struct run *run = context;
	struct failure failure = { 0 };
	const struct export_options options = { .tlp = TLP_RED, .now = time_now() };
	int code = 2;
	enum error error = parcel_taxii_open(&run->server, &run->taxii, &failure);
	run->exporting = exporting_new(export_format_named("stix"), &options);
	run->arena = arena_new(0);
	if (!error && (!run->exporting || !run->arena))
		error = fail(&failure, ERROR_MEMORY, "no memory");
	if (error) {
		fprintf(stderr, "noroshi intel import: %s\n", failure.words);
	} else {
		builder_clear(exporting_text(run->exporting)); /* objects alone */
		run->told = time_monotonic();
		run->given = run->skip;
		for (int i = 0; i < count && !run->broken; i++)
			give_file(run, paths[i]);
		flush(run, 0);
		code = report(run);
	}
	exporting_free(run->exporting);
	arena_free(run->arena);
	parcel_taxii_free(run->taxii);
	return code;
}

static const char *missing(const void *context, int files)
{
	const struct run *run = context;
	if (!run->server.url || !run->server.token_file || !run->collection)
		return "--taxii, --token-file and --collection are needed";
	return files ? NULL : "give at least one file; \"-\" is standard input";
}

int intel_import(int argc, char **argv)
{
	static const struct verb verb = { .name = "import",
		.help = help,
		.help_count = sizeof help / sizeof *help,
		.options = longs,
		.places = places,
		.place_count = sizeof places / sizeof *places,
		.take = set_option,
		.missing = missing,
		.go = give };
	struct run run = { 0 };
	return verb_main(&verb, &run, argc, argv);
}
