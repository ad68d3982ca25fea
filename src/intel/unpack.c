/*
 * `noroshi intel unpack`: signed and encrypted files of another network into a folder that other programs read.
 */
#include "base/catalog.h"
#include "intel/command.h"
#include "intel/parcel_publications.h"
#include "intel/parcel_take.h"
#include "intel/parcel_taxii.h"

#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct run {
	struct verb_run verb;
	struct parcel_parties parties;
	struct parcel_taking taking;
	struct parcel_server server, centre; /* with the same token */
	struct parcel_taxii *taxii;          /* where objects are added, too */
	struct parcel_client acknowledging;
	struct parcel_acknowledged acknowledged;
	const char *token_file, *authorities, *collection;
};

static const char *const help[] = {
	N_("usage: noroshi intel unpack --key FILE --certificate FILE --authority FILE --from NAME --into FOLDER "
	   "FILE…"),
	"",
	N_("Takes files of `noroshi intel pack`, in any order, into a folder: items.json (the objects there are now),"),
	N_("shared/ (for `noroshi sensor --shared`), messages/. A file that is damaged, of somebody else, repeated or"),
	N_("out of its place is told and changes nothing."),
	"",
	N_("  --key FILE          the recipient's private key (PEM), which nobody else may read"),
	N_("  --certificate FILE  the recipient's certificate (PEM); may be the same file"),
	N_("  --authority FILE    certificates (PEM) that are trusted, or whose owners signed trusted ones"),
	N_("  --revoked FILE      lists of revoked certificates (PEM): the sender's must not be in them"),
	N_("  --from NAME         whose files are taken: organisation/name of the sender's certificate"),
	N_("  --into FOLDER       one for each sender; made when it is not there"),
	N_("  --new-chain         the sender began anew: forget what was taken when its first file comes"),
	N_("  --taxii URL         add the objects at this TAXII 2.1 server, too: its API root"),
	N_("  --acknowledge URL   give acknowledgements of messages to this centre"),
	N_("  --token-file FILE   its first line is the token for these servers"),
	N_("  --ca FILE           PEM that the server's certificate is checked against"),
	N_("  --collection NAME   the server's collection (default: of the sender's name)"),
	N_("  --json              print each file and what was done as JSON"),
	N_("  --language LANG     ja or en (default: as LANG in the environment says)"),
	N_("  --help              this text"),
	"",
	N_("Exit codes: 0 all files were taken, now or before; 1 one was refused or is missing; 2 bad usage or input."),
};

enum {
	KEY = 1,
	CERTIFICATE,
	AUTHORITY,
	REVOKED,
	FROM,
	INTO,
	NEW_CHAIN,
	TAXII,
	ACKNOWLEDGE,
	TOKEN_FILE,
	CA,
	COLLECTION
};
static const struct option longs[] = {
	{ "key", required_argument, NULL, KEY },
	{ "certificate", required_argument, NULL, CERTIFICATE },
	{ "authority", required_argument, NULL, AUTHORITY },
	{ "revoked", required_argument, NULL, REVOKED },
	{ "from", required_argument, NULL, FROM },
	{ "into", required_argument, NULL, INTO },
	{ "new-chain", no_argument, NULL, NEW_CHAIN },
	{ "taxii", required_argument, NULL, TAXII },
	{ "acknowledge", required_argument, NULL, ACKNOWLEDGE },
	{ "token-file", required_argument, NULL, TOKEN_FILE },
	{ "ca", required_argument, NULL, CA },
	{ "collection", required_argument, NULL, COLLECTION },
	VERB_OPTIONS,
};

static const struct verb_place places[] = {
	{ KEY, offsetof(struct run, parties.key) },
	{ CERTIFICATE, offsetof(struct run, parties.certificate) },
	{ AUTHORITY, offsetof(struct run, parties.authority) },
	{ REVOKED, offsetof(struct run, parties.revoked) },
	{ FROM, offsetof(struct run, parties.from) },
	{ INTO, offsetof(struct run, taking.folder) },
	{ TAXII, offsetof(struct run, server.url) },
	{ ACKNOWLEDGE, offsetof(struct run, centre.url) },
	{ TOKEN_FILE, offsetof(struct run, token_file) },
	{ CA, offsetof(struct run, authorities) },
	{ COLLECTION, offsetof(struct run, collection) },
};

static const char *set_option(void *context, int option, const char *value)
{
	struct run *run = context;
	(void)value;
	run->taking.new_chain |= option == NEW_CHAIN;
	return NULL;
}

static void tell_json(
    const char *path, const struct parcel_head *head, enum parcel_place place, const struct failure *failure)
{
	struct builder line = { 0 };
	build_text(&line, TEXT("{\"file\":"));
	build_json_string(&line, text_of(path));
	if (head->number)
		build_format(&line, ",\"number\":%" PRIu64, head->number);
	build_format(&line, ",\"result\":\"%s\"", failure ? "refused" : place == PARCEL_TAKEN ? "before" : "taken");
	if (failure) {
		build_format(&line, ",\"error\":\"%s\",\"why\":", error_name(failure->code));
		build_json_string(&line, text_of(failure->words));
	}
	if (!line.failed)
		printf("%s}\n", line.at);
	builder_free(&line);
}

static void tell(void *context, const char *path, const struct parcel_head *head, enum parcel_place place,
    const struct failure *failure)
{
	struct run *run = context;
	if (run->verb.json)
		tell_json(path, head, place, failure);
	else if (failure)
		fprintf(stderr, "noroshi intel unpack: %s: %s\n", path, failure->words);
	else {
		const char *words =
		    place == PARCEL_TAKEN ? N_("%s: number %llu was taken before") : N_("%s: number %llu is taken");
		printf(catalog_string(run->verb.japanese, words), path, (unsigned long long)head->number);
		putchar('\n');
	}
}

static void report(const struct run *run, const struct parcel_took *took)
{
	if (run->verb.json) {
		printf("{\"taken\":%u,\"before\":%u,\"refused\":%u,\"objects\":%" PRIu64 ",\"withdrawn\":%" PRIu64
		       ",\"changes\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"missing\":[",
		    took->taken, took->before, took->refused, took->objects, took->withdrawn, took->changes,
		    took->messages);
		if (took->missing_from)
			printf("%" PRIu64 ",%" PRIu64, took->missing_from, took->missing_to);
		printf("],\"next\":%" PRIu64 "}\n", took->next);
		return;
	}
	if (took->missing_from) {
		fprintf(stderr,
		    catalog_string(
			run->verb.japanese, N_("Numbers %llu to %llu are missing: ask the sender for them.")),
		    (unsigned long long)took->missing_from, (unsigned long long)took->missing_to);
		fputc('\n', stderr);
	}
	printf(
	    catalog_string(run->verb.japanese,
		N_("%u files taken, %u before, %u refused: %llu objects, %llu withdrawn, %llu changes, %llu messages; "
		   "number %llu is next")),
	    took->taken, took->before, took->refused, (unsigned long long)took->objects,
	    (unsigned long long)took->withdrawn, (unsigned long long)took->changes, (unsigned long long)took->messages,
	    (unsigned long long)took->next);
	putchar('\n');
}

/* Of a line that names no collection, and where none was said, nobody knows where it belongs. */
static enum error forward(void *context, const struct parcel_line *line, struct failure *failure)
{
	struct run *run = context;
	char collection[256];
	if (line && line->kind == PARCEL_MESSAGE)
		return run->centre.url
			   ? parcel_publications_answer(&run->acknowledging, line->json, &run->acknowledged, failure)
			   : OK;
	if (!run->taxii)
		return OK;
	if (!line)
		return parcel_taxii_flush(run->taxii, failure);
	bool fits =
	    text_copy(run->collection ? text_of(run->collection) : line->collection, collection, sizeof collection);
	if (!fits || !collection[0])
		return fail(failure, ERROR_USAGE, "a file says no collection: --collection is needed");
	return line->kind == PARCEL_OBJECT ? parcel_taxii_add(run->taxii, collection, line->json, failure)
					   : parcel_taxii_remove(run->taxii, collection, line->id, failure);
}

static void report_added(const struct run *run)
{
	struct parcel_added added = parcel_taxii_added(run->taxii);
	if (run->verb.json) {
		printf("{\"added\":%" PRIu64 ",\"removed\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n", added.added,
		    added.removed, added.refused);
		return;
	}
	printf(catalog_string(run->verb.japanese, N_("at the server: %llu added, %llu removed, %llu refused")),
	    (unsigned long long)added.added, (unsigned long long)added.removed, (unsigned long long)added.refused);
	printf("%s%s\n", added.why[0] ? ": " : "", added.why);
}

static void report_acknowledged(const struct run *run)
{
	const struct parcel_acknowledged *done = &run->acknowledged;
	if (run->verb.json)
		printf("{\"acknowledged\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n", done->given, done->refused);
	else {
		printf(
		    catalog_string(run->verb.japanese, N_("%llu acknowledgements given to the centre, %llu refused")),
		    (unsigned long long)done->given, (unsigned long long)done->refused);
		printf("%s%s\n", done->why[0] ? ": " : "", done->why);
	}
}

static enum error open_servers(struct run *run, struct failure *failure)
{
	run->server.token_file = run->centre.token_file = run->token_file;
	run->server.authorities = run->centre.authorities = run->authorities;
	enum error error = run->server.url ? parcel_taxii_open(&run->server, &run->taxii, failure) : OK;
	return error || !run->centre.url ? error : parcel_client_open(&run->centre, &run->acknowledging, failure);
}

static int unpack(void *context, char **paths, int count)
{
	struct run *run = context;
	struct parcel_cms *cms = NULL;
	struct parcel_took took = { 0 };
	struct failure failure = { 0 };
	enum error error = parcel_cms_open(&run->parties, &cms, &failure);
	run->taking.cms = cms;
	run->taking.now = time_now();
	run->taking.tell = tell;
	run->taking.context = run;
	if (!error)
		error = open_servers(run, &failure);
	run->taking.forward = run->taxii || run->centre.url ? forward : NULL;
	if (!error)
		error = parcel_take(&run->taking, paths, (unsigned)count, &took, &failure);
	if (error)
		fprintf(stderr, "noroshi intel unpack: %s\n", failure.words);
	else if (run->taxii)
		report_added(run);
	if (!error && run->centre.url)
		report_acknowledged(run);
	if (!error)
		report(run, &took);
	bool refused =
	    took.refused || run->acknowledged.refused || (run->taxii && parcel_taxii_added(run->taxii).refused);
	parcel_client_close(&run->acknowledging);
	parcel_taxii_free(run->taxii);
	parcel_cms_free(cms);
	return error ? 2 : refused ? 1 : 0;
}

static const char *missing(const void *context, int files)
{
	const struct run *run = context;
	if (!run->parties.key || !run->parties.certificate || !run->parties.authority)
		return "--key, --certificate and --authority are needed; `noroshi intel unpack --help` explains";
	if (!run->parties.from || !run->taking.folder)
		return "--from and --into are needed; `noroshi intel unpack --help` explains";
	if (!(run->server.url || run->centre.url) != !run->token_file)
		return "--token-file belongs to --taxii and --acknowledge";
	return files ? NULL : "give at least one file";
}

int intel_unpack(int argc, char **argv)
{
	static const struct verb verb = { .name = "unpack",
		.help = help,
		.help_count = sizeof help / sizeof *help,
		.options = longs,
		.places = places,
		.place_count = sizeof places / sizeof *places,
		.take = set_option,
		.missing = missing,
		.go = unpack };
	struct run run = { 0 };
	return verb_main(&verb, &run, argc, argv);
}
