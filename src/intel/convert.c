/*
 * `noroshi intel convert`: items of any format that is read become text of another; what could not be carried is said
 * on standard error.
 */
#include "base/catalog.h"
#include "base/complaint.h"
#include "formats/misp.h"
#include "intel/command.h"
#include "intel/export.h"
#include "intel/misp_feed.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define PROGRESS (2 * SECOND) /* how often */
#define FIRST_SID 4700001u

struct run {
	struct verb_run verb;
	const struct export_format *format;
	struct export_options options;
	const char *folder;
	bool quiet, to_feed;
	struct misp_feed *feed; /* NULL: to standard output */
	struct exporting *exporting;
	struct complaints complaints;
	nanoseconds told;
	bool broken;                     /* standard output */
	uint64_t unread, malformed, fed; /* fed: items that went into the feed as they came */
};

static const char *const help[] = {
	N_("usage: noroshi intel convert --to FORMAT [options] FILE…"),
	"",
	N_("Reads indicators and what is shared with them: STIX 2.0 and 2.1, MISP (a file, or a feed's folder), "
	   "OpenIOC,"),
	N_("lists. Formats are told by content; gzip and zstd too; \"-\" is standard input."),
	"",
	N_("  --to FORMAT      stix, misp, csv, plain; suricata (rules), rpz (zone), hosts; misp-feed (a folder); "
	   "communities"),
	N_("  --out FOLDER     where a feed goes"),
	N_("  --tlp CODE       the strictest TLP that goes into plain, suricata, rpz, hosts (AMBER+STRICT)"),
	N_("  --pap CODE       the strictest PAP that does (suricata: AMBER; plain, rpz, hosts: GREEN)"),
	N_("  --sid NUMBER     the first rule's number (4700001)"),
	N_("  --zone NAME      the zone's name (rpz.noroshi)"),
	N_("  --quiet          no progress"),
	N_("  --json           print the counters as JSON on standard error"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help           this text"),
	"",
	N_("Exit codes: 0 everything was carried, 1 something was left out or malformed, 2 bad usage or input."),
};

enum { TO = 1, OUT, TLP, PAP, SID, ZONE, QUIET };
static const struct option longs[] = {
	{ "to", required_argument, NULL, TO },
	{ "out", required_argument, NULL, OUT },
	{ "tlp", required_argument, NULL, TLP },
	{ "pap", required_argument, NULL, PAP },
	{ "sid", required_argument, NULL, SID },
	{ "zone", required_argument, NULL, ZONE },
	{ "quiet", no_argument, NULL, QUIET },
	VERB_OPTIONS,
};

/* A name of DNS without anything that a zone file would take for more. */
static bool zone_is_name(const char *zone)
{
	size_t size = strlen(zone);
	return size > 0 && size < 200 && zone[size - 1] != '.' && zone[0] != '.' &&
	       strspn(zone, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == size &&
	       !strstr(zone, "..");
}

static const struct verb_place places[] = { { OUT, offsetof(struct run, folder) } };

static const char *set_option(void *context, int option, const char *value)
{
	struct run *run = context;
	uint64_t number;
	switch (option) {
	case TO:
		run->to_feed = strcmp(value, "misp-feed") == 0;
		run->format = export_format_named(run->to_feed ? "misp" : value);
		return run->format ? NULL
				   : "--to: stix, misp, misp-feed, csv, plain, suricata, rpz, hosts or communities was "
				     "expected";
	case TLP:
		return tlp_parse(text_of(value), &run->options.tlp)
			   ? NULL
			   : "--tlp: CLEAR, GREEN, AMBER, AMBER+STRICT or RED was expected";
	case PAP:
		run->options.pap_said = true;
		return pap_parse(text_of(value), &run->options.pap) ? NULL
								    : "--pap: CLEAR, GREEN, AMBER or RED was expected";
	case SID:
		if (!text_to_u64(text_of(value), &number) || number == 0 || number > UINT32_MAX / 2)
			return "--sid: a number from 1 to 2147483647 was expected";
		run->options.sid = (uint32_t)number;
		return NULL;
	case ZONE:
		run->options.zone = value;
		return zone_is_name(value) ? NULL : "--zone: a name of DNS was expected";
	case QUIET:
		run->quiet = true;
		return NULL;
	default:
		return NULL;
	}
}

static void complain(void *context, const char *file, const struct failure *failure)
{
	struct run *run = context;
	run->malformed++;
	complaint_at(&run->complaints, file, 0, failure);
}

static void flush(struct run *run, size_t least)
{
	struct builder *text = exporting_text(run->exporting);
	if (text->size < least || run->broken)
		return;
	run->broken = text->failed || fwrite(text->at, 1, text->size, stdout) != text->size;
	builder_clear(text);
}

static void tell_progress(struct run *run, const struct intel_source *source, const char *path)
{
	nanoseconds now = time_monotonic();
	uint64_t read = intel_source_read_bytes(source), total = intel_source_total_bytes(source);
	if (run->quiet || now - run->told < PROGRESS)
		return;
	run->told = now;
	if (total)
		fprintf(stderr, "%s: %" PRIu64 " / %" PRIu64 " MB\n", path, read / 1000000, total / 1000000);
	else
		fprintf(stderr, "%s: %" PRIu64 " MB\n", path, read / 1000000);
}

/* An event of MISP goes into the feed as it came, at once; the rest becomes an event of its own at the end. */
static enum error take_group(struct run *run, const struct intel_group *group, struct failure *failure)
{
	struct builder event = { 0 };
	if (!run->feed || group->items[0].form != ITEM_MISP_EVENT) {
		exporting_group(run->exporting, group);
		return OK;
	}
	build_text(&event, TEXT("{\"Event\":"));
	bool written = misp_write(group->items, group->count, &event);
	build_char(&event, '}');
	enum error error = written && !event.failed
			       ? misp_feed_event(run->feed, (struct text){ event.at, event.size }, failure)
			       : fail(failure, ERROR_MEMORY, "no memory for an event");
	builder_free(&event);
	run->fed += error ? 0 : group->count;
	return error;
}

static enum error finish_feed(struct run *run, struct failure *failure)
{
	struct builder *text = exporting_text(run->exporting);
	enum error error = text->failed ? fail(failure, ERROR_MEMORY, "no memory for a feed") : OK;
	if (!error && exporting_count(run->exporting).written)
		error = misp_feed_events(run->feed, (struct text){ text->at, text->size }, failure);
	builder_clear(text);
	return error ? error : misp_feed_commit(run->feed, failure);
}

static void convert_file(struct run *run, const char *path)
{
	struct intel_source *source;
	struct intel_group group;
	struct failure failure = { 0 };
	run->complaints = (struct complaints){ .command = "intel convert" };
	enum error error = intel_source_open(path, complain, run, &source, &failure);
	while (!error && !run->broken) {
		error = intel_source_next(source, &group, &failure);
		if (error)
			break;
		error = take_group(run, &group, &failure);
		if (error)
			break;
		if (!run->feed)
			flush(run, PIECE);
		tell_progress(run, source, path);
	}
	if (error && error != ERROR_END) {
		fprintf(stderr, "noroshi intel convert: %s: %s\n", path, failure.words);
		run->unread++;
	}
	intel_source_close(source);
}

/* What was left out; how many reasons there were. */
static unsigned report(struct run *run)
{
	struct export_counts counts = exporting_count(run->exporting);
	unsigned reasons = 0;
	counts.items += run->fed;
	if (run->feed)
		counts.written = misp_feed_count(run->feed);
	if (run->verb.json)
		fprintf(stderr,
		    "{\"items\":%" PRIu64 ",\"written\":%" PRIu64 ",\"malformed\":%" PRIu64 ",\"left_out\":{",
		    counts.items, counts.written, run->malformed);
	else
		fprintf(stderr, catalog_string(run->verb.japanese, N_("%llu items read, %llu written")),
		    (unsigned long long)counts.items, (unsigned long long)counts.written);
	static const char *const codes[EXPORT_REASONS] = { "no-indicator", "not-now", "tlp", "pap", "kind", "pattern",
		"malformed", "repeated" };
	for (int i = 0; i < EXPORT_REASONS; i++) {
		if (!counts.left_out[i])
			continue;
		if (run->verb.json)
			fprintf(stderr, "%s\"%s\":%" PRIu64, reasons ? "," : "", codes[i], counts.left_out[i]);
		else
			fprintf(stderr, "\n  %10" PRIu64 "  %s", counts.left_out[i],
			    catalog_string(run->verb.japanese, export_reason_words((enum export_reason)i)));
		reasons += i != EXPORT_REPEATED; /* nothing is missing */
	}
	fputs(run->verb.json ? "}}\n" : "\n", stderr);
	return reasons;
}

static int convert(void *context, char **paths, int count)
{
	struct run *run = context;
	run->options.now = time_now();
	run->told = time_monotonic();
	struct failure failure = { 0 };
	run->exporting = exporting_new(run->format, &run->options);
	enum error error = run->exporting ? OK : fail(&failure, ERROR_MEMORY, "no memory");
	if (!error && run->to_feed)
		error = misp_feed_open(run->folder, &run->feed, &failure);
	if (error) {
		fprintf(stderr, "noroshi intel convert: %s\n", failure.words);
		exporting_free(run->exporting);
		return 2;
	}
	for (int i = 0; i < count; i++)
		convert_file(run, paths[i]);
	exporting_end(run->exporting);
	if (run->feed && !run->unread && (error = finish_feed(run, &failure))) {
		fprintf(stderr, "noroshi intel convert: %s\n", failure.words);
		run->unread++;
	}
	if (!run->feed)
		flush(run, 1);
	run->broken |= fflush(stdout) != 0;
	if (run->broken)
		fputs("noroshi intel convert: standard output cannot be written, or there is no memory\n", stderr);
	unsigned reasons = report(run);
	exporting_free(run->exporting);
	misp_feed_free(run->feed);
	return run->unread || run->broken ? 2 : run->malformed || reasons ? 1 : 0;
}

static const char *missing(const void *context, int files)
{
	const struct run *run = context;
	if (!run->format)
		return "--to should name the format; `noroshi intel convert --help` lists them";
	if (run->to_feed != (run->folder != NULL))
		return "--to misp-feed and --out belong together";
	return files ? NULL : "give at least one file; \"-\" is standard input";
}

int intel_convert(int argc, char **argv)
{
	static const struct verb verb = { .name = "convert",
		.help = help,
		.help_count = sizeof help / sizeof *help,
		.options = longs,
		.places = places,
		.place_count = sizeof places / sizeof *places,
		.take = set_option,
		.missing = missing,
		.go = convert };
	struct run run = { .options = { .tlp = TLP_AMBER_STRICT, .sid = FIRST_SID, .zone = "rpz.noroshi" } };
	return verb_main(&verb, &run, argc, argv);
}
