/*
 * `noroshi intel pack`: what somebody may have, as signed and encrypted files, for networks without a connection.
 */
#include "base/catalog.h"
#include "base/complaint.h"
#include "base/size.h"
#include "base/stream.h"
#include "intel/command.h"
#include "intel/export.h"
#include "intel/parcel_publications.h"
#include "intel/parcel_taxii.h"
#include "match/indicator_recent.h"

#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LINE_LONGEST (1u << 20)

struct run {
	struct verb_run verb;
	struct parcel_parties parties;
	struct parcel_writing writing;
	struct parcel_server server, sensors, publications;
	const char *shared, *messages, *withdrawn, *collections[PARCEL_COLLECTIONS];
	unsigned collection_count;
	enum tlp tlp;
	struct parcel_writer *writer;
	struct complaints complaints;
	struct exporting *exporting;
	struct json_parser *parser;
	uint64_t written[4], malformed, held_back;
};

static const char *const help[] = {
	N_("usage: noroshi intel pack --key FILE --certificate FILE --to FILE --chain FILE --out FOLDER [options] "
	   "FILE…"),
	"",
	N_("Puts objects (STIX, MISP, OpenIOC, lists), changes for sensors and messages into files that one recipient"),
	N_("can read and that nobody can change, numbered so that a lost or repeated one is noticed."),
	"",
	N_("  --key FILE          the sender's private key (PEM), which nobody else may read"),
	N_("  --certificate FILE  the sender's certificate (PEM); may be the same file"),
	N_("  --to FILE           the recipient's certificate (PEM)"),
	N_("  --authority FILE    certificates (PEM), one of which must have signed the recipient's"),
	N_("  --revoked FILE      lists of revoked certificates (PEM): the recipient's must not be in them"),
	N_("  --chain FILE        where the chain of files for this recipient stands; made by the first"),
	N_("  --out FOLDER        where the files go"),
	N_("  --volume SIZE       bytes of one file (32 MiB)"),
	N_("  --collection NAME   the collection that the objects are of; of a server, one that is read; several "
	   "times"),
	N_("  --taxii URL         read the collections of this TAXII 2.1 server: its API root"),
	N_("  --sensors URL       read the changes for sensors of this centre"),
	N_("  --publications URL  read the messages to many of this centre: advisories, reach tests"),
	N_("  --token-file FILE   its first line is the token for --taxii and --publications"),
	N_("  --sensor-token-file FILE  that of a sensor, for --sensors"),
	N_("  --ca FILE           PEM that the server's certificate is checked against"),
	N_("  --tlp CODE          the strictest TLP that goes in (AMBER+STRICT)"),
	N_("  --shared FILE       changes for sensors, as `noroshi follow` keeps them"),
	N_("  --messages FILE     advisories, acknowledgements and the like: an object of JSON a line"),
	N_("  --withdrawn FILE    identifiers of objects that are no longer there, one a line"),
	N_("  --json              print what was done as JSON"),
	N_("  --language LANG     ja or en (default: as LANG in the environment says)"),
	N_("  --help              this text"),
	"",
	N_("Exit codes: 0 all is in the files, 1 something was left out or malformed, 2 bad usage or no file was "
	   "made."),
};

enum {
	KEY = 1,
	CERTIFICATE,
	RECIPIENT,
	AUTHORITY,
	REVOKED,
	CHAIN,
	OUT,
	VOLUME,
	COLLECTION,
	TAXII,
	SENSORS,
	PUBLICATIONS,
	TOKEN_FILE,
	SENSOR_TOKEN_FILE,
	CA,
	TLP,
	SHARED,
	MESSAGES,
	WITHDRAWN
};
static const struct option longs[] = {
	{ "key", required_argument, NULL, KEY },
	{ "certificate", required_argument, NULL, CERTIFICATE },
	{ "to", required_argument, NULL, RECIPIENT },
	{ "authority", required_argument, NULL, AUTHORITY },
	{ "revoked", required_argument, NULL, REVOKED },
	{ "chain", required_argument, NULL, CHAIN },
	{ "out", required_argument, NULL, OUT },
	{ "volume", required_argument, NULL, VOLUME },
	{ "collection", required_argument, NULL, COLLECTION },
	{ "taxii", required_argument, NULL, TAXII },
	{ "sensors", required_argument, NULL, SENSORS },
	{ "publications", required_argument, NULL, PUBLICATIONS },
	{ "token-file", required_argument, NULL, TOKEN_FILE },
	{ "sensor-token-file", required_argument, NULL, SENSOR_TOKEN_FILE },
	{ "ca", required_argument, NULL, CA },
	{ "tlp", required_argument, NULL, TLP },
	{ "shared", required_argument, NULL, SHARED },
	{ "messages", required_argument, NULL, MESSAGES },
	{ "withdrawn", required_argument, NULL, WITHDRAWN },
	VERB_OPTIONS,
};

static const struct verb_place places[] = {
	{ KEY, offsetof(struct run, parties.key) },
	{ CERTIFICATE, offsetof(struct run, parties.certificate) },
	{ RECIPIENT, offsetof(struct run, parties.other) },
	{ AUTHORITY, offsetof(struct run, parties.authority) },
	{ REVOKED, offsetof(struct run, parties.revoked) },
	{ CHAIN, offsetof(struct run, writing.chain) },
	{ OUT, offsetof(struct run, writing.folder) },
	{ SHARED, offsetof(struct run, shared) },
	{ MESSAGES, offsetof(struct run, messages) },
	{ WITHDRAWN, offsetof(struct run, withdrawn) },
	{ TAXII, offsetof(struct run, server.url) },
	{ TOKEN_FILE, offsetof(struct run, server.token_file) },
	{ SENSORS, offsetof(struct run, sensors.url) },
	{ PUBLICATIONS, offsetof(struct run, publications.url) },
	{ SENSOR_TOKEN_FILE, offsetof(struct run, sensors.token_file) },
};

static const char *set_option(void *context, int option, const char *value)
{
	struct run *run = context;
	switch (option) {
	case VOLUME:
		return size_parse(text_of(value), &run->writing.volume) && run->writing.volume >= PARCEL_VOLUME_LEAST &&
			       run->writing.volume <= PARCEL_LARGEST / 2
			   ? NULL
			   : "--volume: a size from 64 KiB to 256 MiB was expected";
	case COLLECTION:
		if (run->collection_count == PARCEL_COLLECTIONS)
			return "--collection: at most 64 in one run";
		run->collections[run->collection_count++] = value;
		return NULL;
	case CA:
		run->server.authorities = run->sensors.authorities = run->publications.authorities = value;
		return NULL;
	case TLP:
		return tlp_parse(text_of(value), &run->tlp)
			   ? NULL
			   : "--tlp: CLEAR, GREEN, AMBER, AMBER+STRICT or RED was expected";
	default:
		return NULL;
	}
}

static enum error put(struct run *run, enum parcel_kind kind, struct text text, struct failure *failure)
{
	struct text collection =
	    kind == PARCEL_OBJECT || kind == PARCEL_WITHDRAWN ? text_of(run->collections[0]) : TEXT_NONE;
	enum error error = parcel_write(run->writer, kind, text, collection, failure);
	run->written[kind] += !error;
	return error;
}

/* ── objects ─ */

static void complain(void *context, const char *file, const struct failure *failure)
{
	struct run *run = context;
	run->malformed++;
	complaint_at(&run->complaints, file, 0, failure);
}

/* One group as STIX: objects, a comma and a line break between them, no line break within. */
static enum error put_group(struct run *run, const struct intel_group *group, struct failure *failure)
{
	struct builder *made = exporting_text(run->exporting);
	enum error error = OK;
	builder_clear(made);
	exporting_group(run->exporting, group);
	struct text rest = { made->at, made->size };
	while (rest.size && !error) {
		struct text object = text_cut(&rest, '\n');
		if (text_ends(object, TEXT(",")))
			object.size--;
		if (object.size)
			error = put(run, PARCEL_OBJECT, object, failure);
	}
	return made->failed ? fail(failure, ERROR_MEMORY, "no memory for objects") : error;
}

static enum error put_file(struct run *run, const char *path, struct failure *failure)
{
	struct intel_source *source;
	struct intel_group group;
	run->complaints = (struct complaints){ .command = "intel pack" };
	enum error error = intel_source_open(path, complain, run, &source, failure);
	if (error)
		return error;
	while (!(error = intel_source_next(source, &group, failure))) {
		bool strict = false;
		for (uint32_t i = 0; i < group.count; i++)
			strict |= group.items[i].tlp_marked && group.items[i].tlp > run->tlp;
		run->held_back += strict ? group.count : 0;
		if (!strict && (error = put_group(run, &group, failure)))
			break;
	}
	intel_source_close(source);
	return error == ERROR_END ? OK : error;
}

/* ── lines ─ */

static enum error put_message(struct run *run, struct text line, struct failure *failure)
{
	struct json_value root;
	enum error error = json_parse(run->parser, line, &root, failure);
	if (error)
		return error;
	if (json_kind(root) != JSON_IS_OBJECT || json_had_duplicate_keys(run->parser))
		return fail(failure, ERROR_INPUT, "an object of JSON was expected, with each key once");
	return put(run, PARCEL_MESSAGE, line, failure);
}

static enum error put_identifier(struct run *run, struct text line, struct failure *failure)
{
	return item_id_valid(line) ? put(run, PARCEL_WITHDRAWN, line, failure)
				   : fail(failure, ERROR_INPUT, "an identifier such as indicator--… was expected");
}

/* Of changes those that were not in an earlier file: by epoch and number, which the chain's state keeps. */
static enum error put_change(struct run *run, struct text line, struct failure *failure)
{
	struct json_value root;
	uint64_t number = 0, since = 0;
	json_t *sources = parcel_writer_sources(run->writer), *kept = json_object_get(sources, "shared");
	const char *epoch = json_string_value(json_object_get(kept, "epoch"));
	uint64_t last = (uint64_t)json_integer_value(json_object_get(kept, "number"));
	enum error error = json_parse(run->parser, line, &root, failure);
	if (error)
		return error;
	struct text named = json_text(json_get(root, "epoch"));
	if (named.size && json_to_u64(json_get(root, "since"), &since)) {
		bool same = epoch && text_equal(named, text_of(epoch));
		if (since > (same ? last : 0))
			return fail(failure, ERROR_CONFLICT,
			    "changes %" PRIu64 " to %" PRIu64 " are not in it: follow into an empty folder",
			    same ? last + 1 : 1, since);
		if (same)
			return OK;
		json_t *now = json_pack("{s:s%,s:i}", "epoch", named.at, named.size, "number", 0);
		if (json_object_set_new(sources, "shared", now) != 0)
			return fail(failure, ERROR_MEMORY, "no memory for changes");
		return put(run, PARCEL_SHARED, line, failure);
	}
	if (!epoch)
		return fail(failure, ERROR_INPUT, "the epoch was expected before the first change");
	if (!json_to_u64(json_get(root, "number"), &number))
		return fail(failure, ERROR_INPUT, "a number was expected");
	if (number <= last)
		return OK;
	if (json_object_set_new(kept, "number", json_integer((json_int_t)number)) != 0)
		return fail(failure, ERROR_MEMORY, "no memory for changes");
	return put(run, PARCEL_SHARED, line, failure);
}

/* ERROR_INPUT of a line leaves it out; with `strict` it ends the run. */
static enum error put_lines(struct run *run, const char *path, bool strict,
    enum error (*each)(struct run *, struct text, struct failure *), struct failure *failure)
{
	struct stream *stream;
	struct line line;
	run->complaints = (struct complaints){ .command = "intel pack" };
	enum error error = path ? stream_open(path, &stream, failure) : ERROR_END;
	if (error)
		return error == ERROR_END ? OK : error;
	while (!(error = stream_line(stream, LINE_LONGEST, &line, failure))) {
		struct failure why = { 0 };
		if (text_trim(line.text).size == 0)
			continue;
		error =
		    line.cut ? fail(&why, ERROR_INPUT, "the line is too long") : each(run, text_trim(line.text), &why);
		if (error && (strict || error != ERROR_INPUT)) {
			fail(failure, error, "%s: line %" PRIu64 ": %s", path, line.number, why.words);
			break;
		}
		run->malformed += error == ERROR_INPUT;
		if (error)
			complaint_at(&run->complaints, path, line.number, &why);
	}
	stream_close(stream);
	return error == ERROR_END ? OK : error;
}

/* ── servers ─ */

static enum error put_collections(struct run *run, struct parcel_taxii **taxii, struct failure *failure)
{
	enum error error = run->server.url ? parcel_taxii_open(&run->server, taxii, failure) : OK;
	for (unsigned i = 0; i < run->collection_count && *taxii && !error; i++)
		error = parcel_taxii_pull(*taxii, run->collections[i], run->writing.chain, run->writer,
		    &run->written[PARCEL_OBJECT], &run->written[PARCEL_WITHDRAWN], failure);
	return error;
}

static enum error put_line_of_sensors(void *context, struct text line, struct failure *failure)
{
	return put_change(context, line, failure);
}

static enum error put_changes(struct run *run, struct failure *failure)
{
	json_t *kept = json_object_get(parcel_writer_sources(run->writer), "shared");
	char epoch[INDICATOR_EPOCH] = "";
	if (!run->sensors.url)
		return OK;
	text_copy(text_of(json_string_value(json_object_get(kept, "epoch"))), epoch, sizeof epoch);
	return parcel_taxii_changes(&run->sensors, epoch[0] ? epoch : NULL,
	    (uint64_t)json_integer_value(json_object_get(kept, "number")), put_line_of_sensors, run, failure);
}

static enum error put_publications(struct run *run, struct failure *failure)
{
	struct parcel_published published = { 0 };
	run->publications.token_file = run->server.token_file;
	enum error error = run->publications.url ? parcel_publications_pull(
						       &run->publications, run->tlp, run->writer, &published, failure)
						 : OK;
	run->written[PARCEL_MESSAGE] += published.messages;
	run->held_back += published.held_back;
	return error;
}

/* ── the whole ─ */

static void report(const struct run *run, uint64_t first, unsigned files)
{
	if (run->verb.json) {
		printf("{\"files\":%u,\"first\":%" PRIu64 ",\"objects\":%" PRIu64 ",\"withdrawn\":%" PRIu64
		       ",\"changes\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"malformed\":%" PRIu64
		       ",\"held_back\":%" PRIu64 "}\n",
		    files, first, run->written[PARCEL_OBJECT], run->written[PARCEL_WITHDRAWN],
		    run->written[PARCEL_SHARED], run->written[PARCEL_MESSAGE], run->malformed, run->held_back);
		return;
	}
	printf(catalog_string(run->verb.japanese,
		   N_("%u files, from number %llu on: %llu objects, %llu withdrawn, %llu changes, %llu messages")),
	    files, (unsigned long long)first, (unsigned long long)run->written[PARCEL_OBJECT],
	    (unsigned long long)run->written[PARCEL_WITHDRAWN], (unsigned long long)run->written[PARCEL_SHARED],
	    (unsigned long long)run->written[PARCEL_MESSAGE]);
	putchar('\n');
	if (run->held_back) {
		printf(catalog_string(run->verb.japanese, N_("%llu left out: their TLP is stricter")),
		    (unsigned long long)run->held_back);
		putchar('\n');
	}
}

static enum error put_all(struct run *run, char **paths, int count, struct failure *failure)
{
	struct parcel_cms *cms = NULL;
	struct parcel_taxii *taxii = NULL;
	struct export_options options = { .tlp = TLP_RED, .now = run->writing.now };
	uint64_t first = 0;
	unsigned files = 0;
	enum error error = parcel_cms_open(&run->parties, &cms, failure);
	run->writing.cms = cms;
	run->exporting = exporting_new(export_format_named("stix"), &options);
	run->parser = json_parser_new(64);
	if (!error && (!run->exporting || !run->parser))
		error = fail(failure, ERROR_MEMORY, "no memory");
	if (!error)
		error = parcel_writer_open(&run->writing, &run->writer, failure);
	for (int i = 0; i < count && !error; i++)
		error = put_file(run, paths[i], failure);
	if (!error)
		error = put_lines(run, run->withdrawn, false, put_identifier, failure);
	if (!error)
		error = put_collections(run, &taxii, failure);
	if (!error)
		error = put_changes(run, failure);
	if (!error)
		error = put_lines(run, run->shared, true, put_change, failure);
	if (!error)
		error = put_publications(run, failure);
	if (!error)
		error = put_lines(run, run->messages, false, put_message, failure);
	if (!error)
		error = parcel_writer_commit(run->writer, &first, &files, failure);
	if (!error && taxii)
		error = parcel_taxii_pulled(taxii, failure);
	if (!error)
		report(run, first, files);
	parcel_taxii_free(taxii);
	parcel_writer_free(run->writer);
	json_parser_free(run->parser);
	exporting_free(run->exporting);
	parcel_cms_free(cms);
	return error;
}

static const char *missing(const void *context, int files)
{
	const struct run *run = context;
	if (!run->parties.key || !run->parties.certificate || !run->parties.other)
		return "--key, --certificate and --to are needed; `noroshi intel pack --help` explains";
	if (run->parties.revoked && !run->parties.authority)
		return "--revoked needs --authority: who signed the lists";
	if (!run->writing.chain || !run->writing.folder)
		return "--chain and --out are needed; `noroshi intel pack --help` explains";
	if (!(run->server.url || run->publications.url) != !run->server.token_file)
		return "--token-file belongs to --taxii and --publications";
	if (!run->sensors.url != !run->sensors.token_file)
		return "--sensors and --sensor-token-file belong together";
	if (run->server.url && !run->collection_count)
		return "--collection should say what is read of the server";
	if (run->collection_count > 1 && files)
		return "objects of files are of one collection";
	return files || run->server.url || run->sensors.url || run->publications.url || run->shared || run->messages ||
		       run->withdrawn
		   ? NULL
		   : "there is nothing to put into files";
}

static int pack(void *context, char **paths, int count)
{
	struct run *run = context;
	struct failure failure = { 0 };
	if (put_all(run, paths, count, &failure)) {
		fprintf(stderr, "noroshi intel pack: %s\n", failure.words);
		return 2;
	}
	return run->malformed || run->held_back ? 1 : 0;
}

int intel_pack(int argc, char **argv)
{
	static const struct verb verb = { .name = "pack",
		.help = help,
		.help_count = sizeof help / sizeof *help,
		.options = longs,
		.places = places,
		.place_count = sizeof places / sizeof *places,
		.take = set_option,
		.missing = missing,
		.go = pack };
	struct run run = { .tlp = TLP_AMBER_STRICT, .writing.volume = PARCEL_VOLUME, .writing.now = time_now() };
	return verb_main(&verb, &run, argc, argv);
}
