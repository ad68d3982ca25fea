/*
 * Reading the options of `noroshi darknet`; see options.h.
 */
#include "darknet/verb/options.h"

#include "base/memory.h"
#include "base/size.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	JSON = 1,
	NET,
	READ,
	BIN,
	TIMEOUT,
	SOURCES,
	LEAST_TARGETS,
	LEAST_ANSWERS,
	MIRROR,
	WARNINGLISTS,
	NAMES,
	TABLES,
	SENSOR,
	PART,
	ZONE,
	LOCATIONS,
	RING,
	SNAP,
	NO_PROMISCUOUS,
	LINES,
	CHECKPOINT,
	AGAIN,
	PROGRESS,
	CHANGES,
	NO_CHANGES,
	HISTORY,
	SAVE,
	LANGUAGE,
	HELP
};

static const struct option long_options[] = { { "json", no_argument, NULL, JSON },
	{ "net", required_argument, NULL, NET }, { "read", required_argument, NULL, READ },
	{ "bin", required_argument, NULL, BIN }, { "timeout", required_argument, NULL, TIMEOUT },
	{ "sources", required_argument, NULL, SOURCES }, { "least-targets", required_argument, NULL, LEAST_TARGETS },
	{ "least-answers", required_argument, NULL, LEAST_ANSWERS }, { "mirror", required_argument, NULL, MIRROR },
	{ "warninglists", required_argument, NULL, WARNINGLISTS }, { "names", required_argument, NULL, NAMES },
	{ "changes", no_argument, NULL, CHANGES }, { "no-changes", no_argument, NULL, NO_CHANGES },
	{ "history", required_argument, NULL, HISTORY }, { "save", required_argument, NULL, SAVE },
	{ "tables", required_argument, NULL, TABLES }, { "sensor", required_argument, NULL, SENSOR },
	{ "part", required_argument, NULL, PART }, { "zone", required_argument, NULL, ZONE },
	{ "locations", required_argument, NULL, LOCATIONS }, { "interface", required_argument, NULL, 'i' },
	{ "ring", required_argument, NULL, RING }, { "snap", required_argument, NULL, SNAP },
	{ "no-promiscuous", no_argument, NULL, NO_PROMISCUOUS }, { "lines", required_argument, NULL, LINES },
	{ "checkpoint", required_argument, NULL, CHECKPOINT }, { "again", required_argument, NULL, AGAIN },
	{ "progress", no_argument, NULL, PROGRESS }, { "language", required_argument, NULL, LANGUAGE },
	{ "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi darknet: %s %s; `noroshi darknet --help` explains\n", words, value);
	return 2;
}

static int add_prefix(struct darknet_options *options, const char *text)
{
	struct prefix prefix;
	if (!prefix_parse(text_of(text), &prefix))
		return wrong("--net: a prefix as 198.51.100.0/24 was expected, not", text);
	if (options->prefix_count == options->prefix_room) {
		struct prefix *more = array_grow(options->prefixes, &options->prefix_room, 16, sizeof *more);
		if (!more)
			return wrong("no memory for", "the prefixes");
		options->prefixes = more;
	}
	options->prefixes[options->prefix_count++] = prefix;
	return -1;
}

static int add_file(struct darknet_options *options, const char *path)
{
	if (options->file_count == FILES_MOST)
		return wrong("at most 256 files at once; too many is", path);
	options->files[options->file_count++] = (struct files_source){ path, -1 };
	return -1;
}

static int add_interface(struct darknet_options *options, const char *name)
{
	if (options->interface_count == LIVE_INTERFACES)
		return wrong("at most 16 interfaces at once; too many is", name);
	options->interfaces[options->interface_count++].interface = name;
	return -1;
}

static int read_number(const char *name, uint64_t least, uint64_t most, uint64_t *number)
{
	char words[120];
	if (text_to_u64(text_of(optarg), number) && *number >= least && *number <= most)
		return -1;
	snprintf(words, sizeof words, "--%s: a number from %llu to %llu was expected, not", name,
	    (unsigned long long)least, (unsigned long long)most);
	return wrong(words, optarg);
}

static int read_duration(const char *name, nanoseconds most, nanoseconds *duration)
{
	char words[120];
	if (duration_parse(text_of(optarg), duration) && *duration >= SECOND && *duration <= most)
		return -1;
	snprintf(words, sizeof words, "--%s: a time from 1 s to %lld d, as \"1 h\", was expected, not", name,
	    (long long)(most / DAY));
	return wrong(words, optarg);
}

static int read_language(struct darknet_options *options)
{
	options->language = optarg;
	return strcmp(optarg, "ja") == 0 || strcmp(optarg, "en") == 0
		   ? -1
		   : wrong("--language: ja or en was expected, not", optarg);
}

static int read_table_option(int choice, struct darknet_options *options)
{
	switch (choice) {
	case TABLES:
		options->tables = optarg;
		return -1;
	case SENSOR:
		options->sensor = optarg;
		return -1;
	case PART:
		options->part = optarg;
		return -1;
	case ZONE:
		return time_parse_zone(text_of(optarg), &options->zone)
			   ? -1
			   : wrong("--zone: a zone as +09:00 was expected, not", optarg);
	default:
		if (options->location_count == ORIGIN_FILES)
			return wrong("--locations: at most 4 databases; too many is", optarg);
		options->locations[options->location_count++] = optarg;
		return -1;
	}
}

static int read_limit(int choice, struct darknet_options *options)
{
	struct telescope_settings *settings = &options->settings;
	uint64_t number = 0;
	int status;

	switch (choice) {
	case SOURCES:
		return read_number("sources", 64, (uint64_t)1 << 30, &settings->sources.lines);
	case LEAST_TARGETS:
		status = read_number("least-targets", 1, UINT32_MAX, &number);
		settings->least_targets = (uint32_t)number;
		return status;
	case LEAST_ANSWERS:
		status = read_number("least-answers", 1, UINT32_MAX, &number);
		settings->least_answers = (uint32_t)number;
		return status;
	case MIRROR:
		status = read_number("mirror", 0, 8, &number);
		options->carriers = (unsigned)number;
		return status;
	case BIN:
		return read_duration("bin", DAY, &settings->sources.bin);
	case SAVE:
		return read_duration("save", DAY, &options->save);
	case CHECKPOINT:
		return read_duration("checkpoint", HOUR, &options->checkpoint);
	case AGAIN:
		return read_duration("again", 30 * DAY, &settings->sources.every);
	default:
		return read_duration("timeout", 30 * DAY, &settings->sources.timeout);
	}
}

/* The first interface's settings are those of all. */
static int read_capture(int choice, struct darknet_options *options)
{
	struct capture_settings *capture = &options->interfaces[0];
	uint64_t number = 0;
	int status;

	switch (choice) {
	case RING:
		return size_parse(text_of(optarg), &capture->ring) && capture->ring >= CAPTURE_RING_LEAST &&
			       capture->ring <= CAPTURE_RING_MOST
			   ? -1
			   : wrong("--ring: a size from 4 MiB to 2 GiB was expected, not", optarg);
	case SNAP:
		status = read_number("snap", 0, CAPTURE_SNAP_MOST, &number);
		capture->snap = (uint32_t)number;
		return status;
	default:
		capture->promiscuous = false;
		return -1;
	}
}

static int read_option(int choice, struct darknet_options *options)
{
	switch (choice) {
	case JSON:
		options->json = true;
		return -1;
	case NET:
		return add_prefix(options, optarg);
	case 'r':
	case READ:
		return add_file(options, optarg);
	case 'i':
		return add_interface(options, optarg);
	case RING:
	case SNAP:
	case NO_PROMISCUOUS:
		return read_capture(choice, options);
	case WARNINGLISTS:
		options->warninglists = optarg;
		return -1;
	case NAMES:
		options->names = optarg;
		return -1;
	case CHANGES:
		options->changes = true;
		return -1;
	case NO_CHANGES:
		options->changes = false;
		return -1;
	case HISTORY:
		options->history = optarg;
		return -1;
	case TABLES:
	case SENSOR:
	case PART:
	case ZONE:
	case LOCATIONS:
		return read_table_option(choice, options);
	case LINES:
		options->lines = optarg;
		return -1;
	case PROGRESS:
		options->progress = true;
		return -1;
	case LANGUAGE:
		return read_language(options);
	case HELP:
		options->help = true;
		return -1;
	default:
		return read_limit(choice, options);
	}
}

/* What goes together; -1 or the exit code. */
static int check(const struct darknet_options *options)
{
	bool live = options->interface_count > 0;

	if (options->tables && !options->sensor)
		return wrong("--tables: say with --sensor whose they are;", "nobody was said");
	if (live && options->file_count)
		return wrong("-i listens and -r reads: one of the two, not", options->files[0].path);
	if (live && options->part)
		return wrong("--part: each run of live capture is a part of its own, not", options->part);
	for (size_t i = 0; options->tables && !options->part && i < options->file_count; i++)
		if (strcmp(options->files[i].path, "-") == 0)
			return wrong("--tables: standard input has no name: say with --part which input is", "-");
	if (options->history && !options->changes)
		return wrong("--history: keeps what changes learn, and not with --no-changes:", options->history);
	if (options->lines && options->json && strcmp(options->lines, "-") == 0)
		return wrong("--lines: standard output holds lines, or what --json writes:", "-");
	if (!options->prefix_count)
		return wrong("say with --net which addresses are the", "telescope's");
	return options->file_count || live
		   ? -1
		   : wrong("give at least one capture file with -r, or an interface with", "-i");
}

int darknet_options_read(int argc, char **argv, struct darknet_options *options)
{
	int choice, status = -1;

	*options = (struct darknet_options){ .zone = 9 * 3600,
		.changes = true,
		.interfaces[0] = { .workers = 1, .ring = (uint64_t)64 << 20, .promiscuous = true } };
	optind = 1;
	opterr = 0;
	while (status < 0 && (choice = getopt_long(argc, argv, "r:i:", long_options, NULL)) != -1)
		status = choice == '?' ? wrong("there is no such option, or its value is missing:", argv[optind - 1])
				       : read_option(choice, options);
	for (; status < 0 && optind < argc; optind++)
		status = add_file(options, argv[optind]);
	if (status >= 0 || options->help)
		return status;
	for (unsigned i = 1; i < options->interface_count; i++) {
		const char *name = options->interfaces[i].interface;
		options->interfaces[i] = options->interfaces[0];
		options->interfaces[i].interface = name;
	}
	return check(options);
}

void darknet_options_free(struct darknet_options *options)
{
	free(options->prefixes);
}
