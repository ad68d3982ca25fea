/*
 * Reading the options of `noroshi darknet`; see options.h.
 */
#include "darknet/verb/options.h"

#include "base/memory.h"
#include "base/size.h"
#include "darknet/verb/arguments.h"

#include <stdlib.h>
#include <string.h>

/* ── what is given several times, or is of a form of its own ─ */

static const char *add_prefix(void *into, const char *value)
{
	struct darknet_options *options = into;
	struct prefix prefix;

	if (!prefix_parse(text_of(value), &prefix))
		return "a prefix as 198.51.100.0/24";
	if (options->prefix_count == options->prefix_room) {
		struct prefix *more = array_grow(options->prefixes, &options->prefix_room, 16, sizeof *more);
		if (!more)
			return "a prefix that there is memory for";
		options->prefixes = more;
	}
	options->prefixes[options->prefix_count++] = prefix;
	return NULL;
}

static const char *add_file(void *into, const char *value)
{
	struct darknet_options *options = into;

	if (options->file_count == FILES_MOST)
		return "no more than 256 files";
	options->files[options->file_count++] = (struct files_source){ value, -1 };
	return NULL;
}

static const char *add_interface(void *into, const char *value)
{
	struct darknet_options *options = into;

	if (options->interface_count == LIVE_INTERFACES)
		return "no more than 16 interfaces";
	options->interfaces[options->interface_count++].interface = value;
	return NULL;
}

static const char *add_location(void *into, const char *value)
{
	struct darknet_options *options = into;

	if (options->location_count == ORIGIN_FILES)
		return "no more than 4 databases";
	options->locations[options->location_count++] = value;
	return NULL;
}

static const char *read_ring(void *into, const char *value)
{
	uint64_t *ring = &((struct darknet_options *)into)->interfaces[0].ring;
	bool fits = size_parse(text_of(value), ring) && *ring >= CAPTURE_RING_LEAST && *ring <= CAPTURE_RING_MOST;

	return fits ? NULL : "a size from 4 MiB to 2 GiB";
}

static const char *read_zone(void *into, const char *value)
{
	return time_parse_zone(text_of(value), &((struct darknet_options *)into)->zone) ? NULL : "a zone as +09:00";
}

/* ── the table ─ */

#define AT(member) offsetof(struct darknet_options, member)
#define FLAG(name, kind, member)                                                                                       \
	{                                                                                                              \
		name, kind, AT(member), 0, 0, NULL, NULL, 0                                                            \
	}
#define WORDS(name, member)                                                                                            \
	{                                                                                                              \
		name, ARGUMENT_TEXT, AT(member), 0, 0, NULL, NULL, 0                                                   \
	}
#define NUMBER(name, kind, member, least, most)                                                                        \
	{                                                                                                              \
		name, kind, AT(member), least, most, NULL, NULL, 0                                                     \
	}
#define DURATION(name, member, most)                                                                                   \
	{                                                                                                              \
		name, ARGUMENT_DURATION, AT(member), 0, most, NULL, NULL, 0                                            \
	}
#define OTHER(name, read, letter)                                                                                      \
	{                                                                                                              \
		name, ARGUMENT_OTHER, 0, 0, 0, NULL, read, letter                                                      \
	}

/* The first interface's settings are those of all. */
static const struct argument table[] = {
	FLAG("json", ARGUMENT_FLAG, json),
	OTHER("net", add_prefix, 0),
	OTHER("read", add_file, 'r'),
	OTHER("interface", add_interface, 'i'),
	OTHER("ring", read_ring, 0),
	NUMBER("snap", ARGUMENT_COUNT, interfaces[0].snap, 0, CAPTURE_SNAP_MOST),
	FLAG("no-promiscuous", ARGUMENT_UNSET, interfaces[0].promiscuous),
	DURATION("bin", settings.sources.bin, DAY),
	DURATION("timeout", settings.sources.timeout, 30 * DAY),
	NUMBER("sources", ARGUMENT_NUMBER, settings.sources.lines, 64, SOURCE_LINES),
	NUMBER("least-targets", ARGUMENT_COUNT, settings.least_targets, 1, UINT32_MAX),
	NUMBER("least-answers", ARGUMENT_COUNT, settings.least_answers, 1, UINT32_MAX),
	NUMBER("mirror", ARGUMENT_COUNT, carriers, 0, 8),
	WORDS("warninglists", warninglists),
	WORDS("names", names),
	FLAG("changes", ARGUMENT_FLAG, changes),
	FLAG("no-changes", ARGUMENT_UNSET, changes),
	WORDS("history", history),
	DURATION("save", save, DAY),
	WORDS("tables", tables),
	WORDS("sensor", sensor),
	WORDS("part", part),
	OTHER("zone", read_zone, 0),
	OTHER("locations", add_location, 0),
	WORDS("lines", lines),
	DURATION("checkpoint", checkpoint, HOUR),
	DURATION("again", settings.sources.every, 30 * DAY),
	FLAG("progress", ARGUMENT_FLAG, progress),
	{ "language", ARGUMENT_CHOICE, AT(language), 0, 0, "ja en", NULL, 0 },
	FLAG("help", ARGUMENT_FLAG, help),
	{ 0 },
};

static int take_file(void *into, const char *value);
static const struct arguments arguments = { "noroshi darknet", table, take_file };

/* Behind the options. */
static int take_file(void *into, const char *value)
{
	return add_file(into, value) ? arguments_wrong(&arguments, "at most 256 files at once; too many is", value)
				     : -1;
}

/* What goes together; -1 or the exit code. */
static int check(const struct darknet_options *options)
{
	bool live = options->interface_count > 0;

	if (options->tables && !options->sensor)
		return arguments_wrong(&arguments, "--tables: say with --sensor whose they are;", "nobody was said");
	if (live && options->file_count)
		return arguments_wrong(
		    &arguments, "-i listens and -r reads: one of the two, not", options->files[0].path);
	if (live && options->part)
		return arguments_wrong(
		    &arguments, "--part: each run of live capture is a part of its own, not", options->part);
	for (size_t i = 0; options->tables && !options->part && i < options->file_count; i++)
		if (strcmp(options->files[i].path, "-") == 0)
			return arguments_wrong(
			    &arguments, "--tables: standard input has no name: say with --part which input is", "-");
	if (options->history && !options->changes)
		return arguments_wrong(
		    &arguments, "--history: keeps what changes learn, and not with --no-changes:", options->history);
	if (options->lines && options->json && strcmp(options->lines, "-") == 0)
		return arguments_wrong(&arguments, "--lines: standard output holds lines, or what --json writes:", "-");
	if (!options->prefix_count)
		return arguments_wrong(&arguments, "say with --net which addresses are the", "telescope's");
	return options->file_count || live
		   ? -1
		   : arguments_wrong(&arguments, "give at least one capture file with -r, or an interface with", "-i");
}

int darknet_options_read(int argc, char **argv, struct darknet_options *options)
{
	*options = (struct darknet_options){ .zone = 9 * 3600,
		.changes = true,
		.interfaces[0] = { .workers = 1, .ring = (uint64_t)64 << 20, .promiscuous = true } };
	int status = arguments_read(&arguments, argc, argv, options);

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
