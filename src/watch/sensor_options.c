/*
 * The command line of `noroshi sensor`; see sensor_options.h.
 */
#include "watch/sensor_options.h"

#include "base/size.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 256 /* items of each list that a file may have */

void sensor_options_help(void)
{
	fputs("usage: noroshi sensor -i INTERFACE… [--eve FILE|-] [options]\n"
	      "       noroshi sensor -r FILE… [--eve FILE|-] [options]\n"
	      "       noroshi sensor --config FILE [options]\n\n"
	      "Reads packets, follows their flows, names what they carry, and writes records of it in EVE JSON.\n\n"
	      "  -i INTERFACE…  listen there, until SIGINT or SIGTERM; needs CAP_NET_RAW at the start\n"
	      "  -r FILE…       capture files (pcap, pcapng; - is standard input), one after the other as one source\n"
	      "  --config FILE  options from the group sensor of this file; `noroshi config show --sensor` lists them\n"
	      "  --eve FILE     append the records to this file; - is standard output\n"
	      "  --flows        flows only: what they carry is not looked at\n"
	      "  --name NAME    the sensor's name, as \"host\" in each record\n"
	      "  --indicators FILE  raise alerts about what this list, or compiled file, of indicators names\n"
	      "  --shared FOLDER    and about what the exchange shares, as noroshi follow keeps it there\n"
	      "  --signatures FILE  raise alerts about what these rules (in Suricata's language) describe\n"
	      "  --variable NAME=VALUE  of the rules: HOME_NET=[192.0.2.0/24]\n" BEHAVIOUR_HELP
	      "  --most-flows N at most so many flows at once (1048576)\n"
	      "  --json         print the final counters as JSON\n"
	      "  --help         this text\n\n"
	      "To a centre, instead of --eve:\n\n"
	      "  --center URL   the centre: https://name:port\n"
	      "  --token-file FILE  its first line is the sensor's token\n"
	      "  --ca FILE      PEM file of the authority that signed the centre's certificate\n"
	      "  --machine FOLDER  instead of these three: this machine's certificate (noroshi enrol), which it shows "
	      "and renews\n"
	      "  --agent FILE   instead of all these: the configuration of an agent\n"
	      "  --records FOLDER  records rest there, and what waits for the centre\n"
	      "  --keep SIZE    at most so much of them (4 GiB)\n"
	      "  --keep-records  the centre keeps all of them, within the capture policy; else the alerts alone\n\n"
	      "Of live capture:\n\n"
	      "  --workers N    threads that look at packets (1)\n"
	      "  --ring SIZE    memory that the kernel fills for each of them (64 MiB)\n"
	      "  --snap BYTES   look at so much of each frame (0: all)\n"
	      "  --no-promiscuous  only frames for this machine\n"
	      "  --queue SIZE   records that wait while the output is slow (64 MiB); further ones are dropped, and "
	      "counted\n"
	      "  --stats-every TIME  a record of type stats so often (60 s; 0: at the end only)\n"
	      "  --look-every TIME   how often the files of indicators and signatures are looked at (1 s)\n\n"
	      "SIGHUP reads indicators and signatures again and reopens the file of records; SIGUSR1 prints the "
	      "counters.\n"
	      "Exit codes: 0 done, 1 to a centre: not everything was delivered, 2 bad usage, or a file that could not "
	      "be read to its end.\n",
	    stdout);
}

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "eve", required_argument, NULL, 'e' },
	{ "flows", no_argument, NULL, 'f' },
	{ "name", required_argument, NULL, 'n' },
	{ "most-flows", required_argument, NULL, 'm' },
	{ "indicators", required_argument, NULL, OPTION_INDICATORS },
	{ "signatures", required_argument, NULL, OPTION_SIGNATURES },
	{ "shared", required_argument, NULL, OPTION_SHARED },
	{ "variable", required_argument, NULL, OPTION_VARIABLE },
	BEHAVIOUR_LONG_OPTIONS,
	{ "json", no_argument, NULL, 'j' },
	{ "workers", required_argument, NULL, 'w' },
	{ "ring", required_argument, NULL, 'R' },
	{ "snap", required_argument, NULL, 'S' },
	{ "no-promiscuous", no_argument, NULL, 'P' },
	{ "queue", required_argument, NULL, 'q' },
	{ "stats-every", required_argument, NULL, 't' },
	{ "look-every", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* ── values ─ */

static enum error read_number(
    const char *name, uint64_t least, uint64_t most, uint64_t *number, struct failure *failure)
{
	if (text_to_u64(text_of(optarg), number) && *number >= least && *number <= most)
		return OK;
	return fail(failure, ERROR_USAGE, "%s is a number from %llu to %llu, not \"%.60s\"", name,
	    (unsigned long long)least, (unsigned long long)most, optarg);
}

static enum error read_size(const char *name, uint64_t least, uint64_t most, uint64_t *size, struct failure *failure)
{
	if (size_parse(text_of(optarg), size) && *size >= least && *size <= most)
		return OK;
	return fail(failure, ERROR_USAGE, "%s is a size from %llu MiB to %llu MiB, as \"64 MiB\", not \"%.60s\"", name,
	    (unsigned long long)(least >> 20), (unsigned long long)(most >> 20), optarg);
}

static enum error read_duration(const char *name, nanoseconds least, nanoseconds *duration, struct failure *failure)
{
	if (duration_parse(text_of(optarg), duration) && *duration >= least && *duration <= DAY)
		return OK;
	return fail(failure, ERROR_USAGE, "%s is a time of at most a day, as \"10 s\", not \"%.60s\"", name, optarg);
}

/* ── flags ─ */

static enum error set_live(struct sensor_options *options, int flag, struct failure *failure)
{
	uint64_t number = 0;
	enum error error = OK;

	switch (flag) {
	case 'w':
		error = read_number("--workers", 1, CAPTURE_WORKERS_MOST, &number, failure);
		options->capture.workers = (unsigned)number;
		return error;
	case 'R':
		return read_size("--ring", CAPTURE_RING_LEAST, CAPTURE_RING_MOST, &options->capture.ring, failure);
	case 'S':
		error = read_number("--snap", 0, CAPTURE_SNAP_MOST, &number, failure);
		options->capture.snap = (uint32_t)number;
		return error;
	case 'P':
		options->capture.promiscuous = false;
		return OK;
	case 'q':
		return read_size("--queue", 1 << 20, 1ull << 36, &options->queue, failure);
	case 't':
		return read_duration("--stats-every", 0, &options->stats_every, failure);
	case 'l':
		return read_duration("--look-every", 10 * MILLISECOND, &options->look_every, failure);
	default:
		return fail(failure, ERROR_USAGE, "`noroshi sensor --help` lists the options");
	}
}

static enum error set_flag(struct sensor_options *options, int flag, struct failure *failure)
{
	uint64_t number = 0;
	enum error error = OK;

	switch (flag) {
	case 'c': /* was read before */
		return OK;
	case 'i': /* those of the file do not count beside any of the command line */
		if (options->interfaces_of_file)
			options->interface_count = 0;
		options->interfaces_of_file = false;
		options->interfaces[options->interface_count++] = optarg;
		return OK;
	case 'r':
		if (options->interfaces_of_file)
			options->interface_count = 0;
		options->files[options->file_count++] = optarg;
		return OK;
	case 'e':
		options->eve = optarg;
		return OK;
	case 'n':
		options->name = optarg;
		return OK;
	case 'm':
		error = read_number("--most-flows", 1, 1u << 30, &number, failure);
		options->observer.flows = (uint32_t)number;
		return error;
	case 'f':
		options->observer.dissect = false;
		return OK;
	case 'j':
		options->json = true;
		return OK;
	case 'h':
		options->help = true;
		return OK;
	default:
		error = detection_option(&options->detection, flag, optarg, failure);
		return error == ERROR_NOT_FOUND ? set_live(options, flag, failure) : error;
	}
}

/* ── the whole ─ */

/* The file comes first: what the command line says stands above it. */
static const char *find_config(int argc, char **argv)
{
	const char *path = NULL;
	int flag;

	optind = 1;
	opterr = 0;
	while ((flag = getopt_long(argc, argv, "i:r:", longs, NULL)) != -1)
		if (flag == 'c')
			path = optarg;
	opterr = 1;
	return path;
}

/* Words without a flag go on with -i or -r, whichever there is. */
static enum error check(struct sensor_options *options, int argc, char **argv, struct failure *failure)
{
	for (int i = optind; i < argc; i++) {
		if (options->file_count > 0)
			options->files[options->file_count++] = argv[i];
		else if (options->interface_count > 0)
			options->interfaces[options->interface_count++] = argv[i];
		else
			options->files[options->file_count++] = argv[i];
	}
	if (options->file_count > 0 && options->interface_count > 0)
		return fail(failure, ERROR_USAGE, "-i and -r do not go together");
	if (options->interface_count > SENSOR_INTERFACES_MOST)
		return fail(failure, ERROR_USAGE, "more than %d interfaces", SENSOR_INTERFACES_MOST);
	if (options->file_count + options->interface_count == 0)
		return fail(failure, ERROR_USAGE,
		    "-r should name a capture file, or -i an interface; `noroshi sensor --help` says more");
	return OK;
}

enum error sensor_options_read(int argc, char **argv, struct sensor_options *options, struct failure *failure)
{
	size_t room = (size_t)argc + LISTED;
	int flag;

	*options = (struct sensor_options){ .observer = observer_defaults };
	options->files = calloc(room, sizeof *options->files);
	options->interfaces = calloc(room, sizeof *options->interfaces);
	enum error error = detection_options_begin(&options->detection, room, failure);
	if (!options->files || !options->interfaces)
		error = fail(failure, ERROR_MEMORY, "no memory for the options");
	if (!error)
		error = sensor_config_load(find_config(argc, argv), options, LISTED, failure);
	options->interfaces_of_file = options->interface_count > 0;
	optind = 1;
	while (!error && (flag = getopt_long(argc, argv, "i:r:", longs, NULL)) != -1)
		error = set_flag(options, flag, failure);
	return error || options->help ? error : check(options, argc, argv, failure);
}

void sensor_options_free(struct sensor_options *options)
{
	free(options->files);
	free(options->interfaces);
	detection_options_free(&options->detection);
	sensor_config_free(options->file);
}
