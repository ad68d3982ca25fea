/*
 * `noroshi collect`: flow exports in, from UDP or capture files; EVE records and counts out.
 */
#include "watch/collect.h"

#include "base/log.h"
#include "watch/behaviour_options.h"
#include "watch/udp_socket.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct command_options {
	struct collect_listen listens[COLLECT_LISTENS_MOST];
	size_t listen_count;
	const char *eve;
	uint16_t port;
	nanoseconds every;
	struct flow_export_settings settings;
	struct behaviour_options behaviour;
	nanoseconds stix; /* how long indicators hold; 0 = none are written */
	bool json, help;
};

static void usage(FILE *to)
{
	fputs(
	    "usage: noroshi collect --listen [ADDRESS:]PORT [--eve FILE] [options]\n"
	    "       noroshi collect [--eve FILE] [options] CAPTURE…\n\n"
	    "Receives what routers and other flow meters export (NetFlow v5 and v9, IPFIX, sFlow v5, told by content) "
	    "and "
	    "writes EVE\nrecords of type netflow. A CAPTURE (pcap, pcapng; \"-\" is standard input) holds such "
	    "datagrams.\n\n"
	    "  --listen ADDRESS:PORT  receive there (\"[v6]:port\"; only a port: on every address); may be repeated.\n"
	    "                         Usual are 2055 (NetFlow), 4739 (IPFIX), 6343 (sFlow)\n"
	    "  --eve FILE             append the records to FILE (\"-\": standard output)\n"
	    "  --from PREFIX          only from these exporters; may be repeated (default: everybody who reaches the "
	    "port)\n"
	    "  --port PORT            of captures: only datagrams to this port\n"
	    "  --exporters N          so many exporters and domains are remembered (default 1024)\n"
	    "  --templates N          so many templates for each of them (default 64)\n" BEHAVIOUR_HELP
	    "  --json         with --behaviour: at the end write the addresses that are likely to command and control, "
	    "with their\n                 likelihood and what speaks for it, to standard output, one JSON object a "
	    "line\n"
	    "  --stix TIME    with --behaviour: at the end write them as indicators of STIX that hold so long after "
	    "the last "
	    "call,\n                 for `noroshi intel import`\n"
	    "  --every TIME           say the counts on standard error so often (default 60 s)\n"
	    "  --help                 this text\n\n"
	    "The counts at the end go to standard error as JSON.\n"
	    "Exit codes: 0 done, 1 something was malformed, unknown or lost, 2 bad usage or input.\n",
	    to);
}

static int wrong(const char *words, const char *value)
{
	fprintf(stderr, "noroshi collect: %s %s; `noroshi collect --help` explains\n", words, value);
	return 2;
}

static bool read_port(const char *text, uint16_t *port)
{
	uint64_t number;
	if (!text_to_u64(text_of(text), &number) || number == 0 || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool add_listen(const char *text, struct command_options *options)
{
	if (options->listen_count == COLLECT_LISTENS_MOST)
		return false;
	struct collect_listen *listen = &options->listens[options->listen_count++];
	return socket_place_parse(text_of(text), &listen->address, &listen->port);
}

static bool add_prefix(const char *text, struct collector *collector)
{
	return collector->from_count < COLLECT_PREFIXES_MOST &&
	       prefix_parse(text_of(text), &collector->from[collector->from_count++]);
}

static bool read_count(const char *text, uint32_t *count)
{
	uint64_t number;
	if (!text_to_u64(text_of(text), &number) || number == 0 || number > 1 << 20)
		return false;
	*count = (uint32_t)number;
	return true;
}

enum { LISTEN = 1, EVE, FROM, PORT, EXPORTERS, TEMPLATES, EVERY, JSON, STIX, HELP };

static int set_behaviour(int choice, struct command_options *options)
{
	struct failure failure;
	if (!behaviour_options_set(&options->behaviour, choice, optarg, &failure))
		return -1;
	fprintf(stderr, "noroshi collect: %s\n", failure.words);
	return 2;
}

/* -1 = go on; -2 = there is no such option; else the exit code. */
static int read_option(int choice, struct command_options *options, struct collector *collector)
{
	switch (choice) {
	case LISTEN:
		return add_listen(optarg, options) ? -1 : wrong("--listen: [ADDRESS:]PORT was expected, not", optarg);
	case EVE:
		options->eve = optarg;
		return -1;
	case FROM:
		return add_prefix(optarg, collector) ? -1
						     : wrong("--from: a prefix or address was expected, not", optarg);
	case PORT:
		return read_port(optarg, &options->port) ? -1 : wrong("--port: a port was expected, not", optarg);
	case EXPORTERS:
		return read_count(optarg, &options->settings.exporters)
			   ? -1
			   : wrong("--exporters: a number up to 1048576 was expected, not", optarg);
	case TEMPLATES:
		return read_count(optarg, &options->settings.templates)
			   ? -1
			   : wrong("--templates: a number up to 1048576 was expected, not", optarg);
	case EVERY:
		return duration_parse(text_of(optarg), &options->every) && options->every >= SECOND
			   ? -1
			   : wrong("--every: a time of at least 1 s was expected, not", optarg);
	case JSON:
		options->json = true;
		return -1;
	case STIX:
		return duration_parse(text_of(optarg), &options->stix) && options->stix >= HOUR &&
			       options->stix <= 3660 * DAY
			   ? -1
			   : wrong("--stix: a time from 1 h on was expected, not", optarg);
	case HELP:
		options->help = true;
		return -1;
	}
	return choice >= BEHAVIOUR_ASKED ? set_behaviour(choice, options) : -2;
}

static int read_options(int argc, char **argv, struct command_options *options, struct collector *collector)
{
	static const struct option long_options[] = { { "listen", required_argument, NULL, LISTEN },
		{ "eve", required_argument, NULL, EVE }, { "from", required_argument, NULL, FROM },
		{ "port", required_argument, NULL, PORT }, { "exporters", required_argument, NULL, EXPORTERS },
		{ "templates", required_argument, NULL, TEMPLATES }, { "every", required_argument, NULL, EVERY },
		BEHAVIOUR_LONG_OPTIONS, { "json", no_argument, NULL, JSON }, { "stix", required_argument, NULL, STIX },
		{ "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		int status = read_option(choice, options, collector);
		if (status == -2)
			return wrong("there is no such option, or its value is missing:", argv[optind - 1]);
		if (status >= 0)
			return status;
	}
	if (options->help)
		return -1;
	if (options->json && (!options->behaviour.asked || (options->eve && strcmp(options->eve, "-") == 0)))
		return wrong("--json goes with --behaviour, and not with", "--eve -");
	if (options->stix &&
	    (!options->behaviour.asked || options->json || (options->eve && strcmp(options->eve, "-") == 0)))
		return wrong("--stix goes with --behaviour, and not with", "--json or --eve -");
	if (options->listen_count ? optind < argc : optind == argc)
		return wrong("give either --listen or", "files of datagrams");
	return -1;
}

static bool had_problems(const struct collector *collector)
{
	const struct collect_counts *counts = &collector->counts;
	bool problems = counts->unknown || counts->dropped;
	for (size_t i = 0; i < FLOW_FORMAT_COUNT; i++) {
		const struct flow_export_counts *one = flow_export_count(collector->export, (enum flow_format)i);
		problems |= one->malformed || one->lost;
	}
	return problems;
}

/* Behind what is there; a last line that was cut gets its line break. */
static FILE *open_lines(const char *path)
{
	FILE *file = fopen(path, "a+e");
	if (file && fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n') {
		fseek(file, 0, SEEK_END);
		fputc('\n', file);
	}
	return file;
}

static int collect(struct command_options *options, struct collector *collector, char **files)
{
	struct failure failure;
	enum error error = collector_init(collector, &options->settings, &failure);
	if (!error && options->eve) {
		collector->eve = strcmp(options->eve, "-") == 0 ? stdout : open_lines(options->eve);
		if (!collector->eve)
			error = fail_errno(&failure, "%s cannot be written", options->eve);
	}
	if (!error && options->behaviour.asked)
		error = collect_behaviour_new(&options->behaviour.settings, collector->eve ? &collector->out : NULL,
		    &collector->behaviour, &failure);
	if (!error && options->listen_count)
		error = collector_listen(collector, options->listens, options->listen_count, options->every, &failure);
	for (; !error && *files; files++)
		error = collector_capture(collector, *files, options->port, &failure);
	collector_finish(collector);
	if (!error && options->json &&
	    (!collect_behaviour_controls(collector->behaviour, stdout) || fflush(stdout) != 0))
		error = fail_errno(&failure, "standard output");
	if (!error && options->stix &&
	    (!collect_behaviour_indicators(collector->behaviour, options->stix, stdout) || fflush(stdout) != 0))
		error = fail_errno(&failure, "standard output");
	if (error)
		fprintf(stderr, "noroshi collect: %s\n", failure.words);
	if (collector->export)
		collector_report(collector, stderr);
	bool written = collector_flush(collector);
	if (collector->eve && collector->eve != stdout)
		written &= fclose(collector->eve) == 0;
	if (!written)
		fprintf(stderr, "noroshi collect: %s cannot be written: %s\n", options->eve, strerror(errno));
	return error || !written ? 2 : had_problems(collector);
}

int collect_command(int argc, char **argv)
{
	struct command_options options = { .every = 60 * SECOND, .settings = flow_export_defaults };
	struct collector *collector = calloc(1, sizeof *collector);
	behaviour_options_init(&options.behaviour);
	if (!collector)
		return wrong("there is no", "memory");
	int status = read_options(argc, argv, &options, collector);
	if (status < 0 && options.help) {
		usage(stdout);
		status = 0;
	} else if (status < 0) {
		log_setup("collect", LOG_INFO, !isatty(STDERR_FILENO));
		status = collect(&options, collector, argv + optind);
	}
	collector_free(collector);
	free(collector);
	return status;
}
