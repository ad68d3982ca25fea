/*
 * The group `sensor` of a configuration file; see sensor_options.h and sensor_file.h. The command line is read in
 * sensor_options.c.
 */
#include "watch/sensor_file.h"
#include "watch/sensor_options.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct sensor_file, member)

static const struct option table[] = {
	{ "interfaces", OPTION_LIST, AT(interfaces), .fixed = true, .summary = "Interfaces to listen on." },
	{ "workers", OPTION_INTEGER, AT(workers), "1", 1, CAPTURE_WORKERS_MOST, .unit = "threads", .fixed = true,
	    .summary = "Threads that look at packets; each has a ring of each interface." },
	{ "ring", OPTION_SIZE, AT(ring), "64 MiB", CAPTURE_RING_LEAST, CAPTURE_RING_MOST, .fixed = true,
	    .summary = "Memory of one ring, which the kernel fills while its worker is busy." },
	{ "snap", OPTION_INTEGER, AT(snap), "0", 0, CAPTURE_SNAP_MOST, .unit = "bytes", .fixed = true,
	    .summary = "So much of each frame is looked at; 0: all of it." },
	{ "promiscuous", OPTION_BOOLEAN, AT(promiscuous), "true", .fixed = true,
	    .summary = "Take frames that are not addressed to this machine." },
	{ "eve", OPTION_PATH, AT(eve), .fixed = true, .summary = "File that records are appended to." },
	{ "queue", OPTION_SIZE, AT(queue), "64 MiB", 1 << 20, 1ull << 36, .fixed = true,
	    .summary = "Records that wait while the output is slow; further ones are dropped and counted." },
	{ "stats_every", OPTION_DURATION, AT(stats_every), "60 s", 0, 86400, .fixed = true,
	    .summary = "How often a record of type stats is written; 0: at the end only." },
	{ "name", OPTION_TEXT, AT(name), .fixed = true, .summary = "The sensor's name, as host in each record." },
	{ "flows_only", OPTION_BOOLEAN, AT(flows_only), "false", .fixed = true,
	    .summary = "Follow flows only: what they carry is not looked at." },
	{ "most_flows", OPTION_INTEGER, AT(most_flows), "1048576", 1, 1 << 30, .unit = "flows", .fixed = true,
	    .summary = "At most so many flows at once, over all workers." },
	{ "indicators", OPTION_PATH, AT(indicators), .fixed = true,
	    .summary = "List, or compiled file, of indicators; read again when it changes." },
	{ "shared", OPTION_PATH, AT(shared), .fixed = true,
	    .summary =
		"Folder of what the exchange shares, as noroshi follow keeps it; changes are in force at once." },
	{ "signatures", OPTION_PATH, AT(signatures), .fixed = true,
	    .summary = "Rules in Suricata's language; read again when they change." },
	{ "variables", OPTION_LIST, AT(variables), .fixed = true,
	    .summary = "Variables of the rules: HOME_NET=[192.0.2.0/24]." },
	{ "behaviour", OPTION_BOOLEAN, AT(behaviour), "false", .fixed = true,
	    .summary = "Look for scans, brute force, beacons, tunnels and other behaviour of hosts." },
	{ "home", OPTION_LIST, AT(home), .fixed = true,
	    .summary = "Networks of one's own, for behaviour; the private ones when absent." },
	{ "scanners", OPTION_LIST, AT(scanners), .fixed = true,
	    .summary = "Scanners and monitors of one's own: they may scan, sign in and reach everything." },
	{ "services", OPTION_LIST, AT(services), .fixed = true,
	    .summary =
		"Prefixes and domains outside that may be called in time, given much, and asked for many names." },
	{ "look_every", OPTION_DURATION, AT(look_every), "1 s", 0.01, 3600, .fixed = true,
	    .summary = "How often the files of indicators and signatures are looked at for a change." },
	{ NULL },
};

void sensor_option_groups(struct sensor_file *file, struct option_group groups[static 2])
{
	groups[0] = (struct option_group){
		.name = "sensor", .options = table, .settings = file, .settings_size = sizeof *file
	};
	groups[1] = (struct option_group){ 0 };
}

static const char *said(const char *text)
{
	return text && text[0] ? text : NULL;
}

/* Each item as the command line would have it. */
static enum error take_lists(const struct sensor_file *from, struct detection_options *options, struct failure *failure)
{
	const struct {
		const struct option_list *list;
		int option;
	} lists[] = { { &from->variables, OPTION_VARIABLE }, { &from->home, BEHAVIOUR_HOME },
		{ &from->scanners, BEHAVIOUR_SCANNER }, { &from->services, BEHAVIOUR_SERVICE } };
	enum error error = OK;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (size_t k = 0; k < lists[i].list->count && !error; k++)
			error = detection_option(options, lists[i].option, lists[i].list->items[k], failure);
	if (!error && said(from->shared))
		error = detection_option(options, OPTION_SHARED, from->shared, failure);
	return error;
}

static enum error take(
    const struct sensor_file *from, struct sensor_options *options, size_t room, struct failure *failure)
{
	options->eve = said(from->eve);
	options->name = said(from->name);
	options->detection.files.paths[DETECTION_INDICATORS] = said(from->indicators);
	options->detection.files.paths[DETECTION_SIGNATURES] = said(from->signatures);
	options->detection.behaviour.asked = from->behaviour;
	options->observer.dissect = !from->flows_only;
	options->observer.flows = (uint32_t)from->most_flows;
	options->capture.workers = (unsigned)from->workers;
	options->capture.ring = from->ring;
	options->capture.snap = (uint32_t)from->snap;
	options->capture.promiscuous = from->promiscuous;
	options->queue = from->queue;
	options->stats_every = from->stats_every;
	options->look_every = from->look_every;
	if (from->interfaces.count > room)
		return fail(failure, ERROR_LIMIT, "more than %zu interfaces", room);
	for (size_t i = 0; i < from->interfaces.count; i++)
		options->interfaces[options->interface_count++] = from->interfaces.items[i];
	return take_lists(from, &options->detection, failure);
}

/* Without a path: the defaults. */
enum error sensor_config_load(const char *path, struct sensor_options *options, size_t room, struct failure *failure)
{
	struct option_group groups[2];

	options->file = calloc(1, sizeof *options->file);
	if (!options->file)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	sensor_option_groups(options->file, groups);
	enum error error = config_defaults(groups, failure);
	if (!error && path)
		error = config_load(path, groups, failure);
	return error ? error : take(options->file, options, room, failure);
}

void sensor_config_free(struct sensor_file *file)
{
	struct option_group groups[2];

	if (!file)
		return;
	sensor_option_groups(file, groups);
	config_free(groups);
	free(file);
}
