/*
 * `noroshi signatures check`: what is read of files of rules, and what is skipped and why. `noroshi signatures hits`
 * is signature_hits_command.c.
 */
#include "watch/signatures.h"

#include "base/stream.h"
#include "match/signature.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void usage(FILE *to)
{
	fputs("usage: noroshi signatures check [--json] [--variable NAME=VALUE]… FILE…\n"
	      "       noroshi signatures hits [options] EVE…      when each was met first: --help says more\n\n"
	      "Reads rules in Suricata's language, as `noroshi sensor --signatures` does, and says by line which are\n"
	      "skipped and why. FILE may be \"-\".\n\n"
	      "  --variable NAME=VALUE  a list of addresses or ports: HOME_NET=[192.0.2.0/24,2001:db8::/32]\n"
	      "  --json                 print the counts as JSON\n"
	      "  --help                 this text\n\n"
	      "Exit codes: 0 every rule is read, 1 some are skipped, 2 bad usage or input.\n",
	    to);
}

static int wrong_usage(const char *words, const char *value)
{
	fprintf(stderr, "noroshi signatures: %s %s; `noroshi signatures --help` explains\n", words, value);
	return 2;
}

static void complain(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	(void)context;
	fprintf(stderr, "%s:%" PRIu64 ": %s\n", file, line, failure->words);
}

static enum error read_file(struct signature_builder *builder, const char *path, struct failure *failure)
{
	struct stream *stream;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	error = signature_builder_read(builder, stream, complain, NULL, failure);
	stream_close(stream);
	return error;
}

static int check(struct signature_builder *builder, char **paths, int count, bool json)
{
	struct failure failure = { 0 };
	struct signature_set *set = NULL;
	enum error error = OK;
	for (int i = 0; i < count && !error; i++)
		error = read_file(builder, paths[i], &failure);
	if (error)
		signature_builder_free(builder);
	else
		error = signature_builder_compile(builder, &set, &failure);
	if (error) {
		fprintf(stderr, "noroshi signatures: %s\n", failure.words);
		return 2;
	}
	struct signature_counts counts = signature_set_count(set);
	signature_set_free(set);
	printf(json ? "{\"read\":%u,\"skipped\":%u,\"repeated\":%u,\"patterns\":%u,\"unfiltered\":%u}\n"
		    : "%u signatures read, %u skipped, %u repeated; %u patterns, %u signatures without one\n",
	    counts.read, counts.skipped, counts.repeated, counts.patterns, counts.unfiltered);
	return counts.skipped > 0;
}

/* -1 = go on with the words from optind on; else the exit code. */
static int read_options(int argc, char **argv, struct signature_builder *builder, bool *json)
{
	static const struct option long_options[] = { { "variable", required_argument, NULL, 'v' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct failure failure = { 0 };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (choice == 'h') {
			usage(stdout);
			return 0;
		}
		if (choice == '?')
			return wrong_usage("there is no such option, or its value is missing:", argv[optind - 1]);
		*json |= choice == 'j';
		struct text value = text_of(optarg), name = choice == 'v' ? text_cut(&value, '=') : TEXT_NONE;
		if (choice == 'v' && (name.size == 0 || value.size == 0))
			return wrong_usage("--variable: NAME=VALUE was expected, not", optarg);
		if (choice == 'v' && signature_builder_variable(builder, name, value, &failure) != OK)
			return wrong_usage("--variable:", failure.words);
	}
	if (optind + 1 >= argc || strcmp(argv[optind++], "check") != 0)
		return wrong_usage("check and at least one file were expected;", "\"-\" is standard input");
	return -1;
}

int signatures_command(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "hits") == 0)
		return signature_hits_command(argc - 1, argv + 1);
	struct signature_builder *builder = signature_builder_new();
	bool json = false;
	if (!builder)
		return wrong_usage("no memory", "for signatures");
	int status = read_options(argc, argv, builder, &json);
	if (status < 0)
		return check(builder, argv + optind, argc - optind, json);
	signature_builder_free(builder);
	return status;
}
