/*
 * `noroshi signatures hits`: alerts in; when each signature was met first, in days since disclosure, out.
 */
#include "watch/signature_hits.h"
#include "watch/signatures.h"

#include "match/signature.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

struct options {
	bool json, all, help;
	const char *keep, *rules;
};

static void usage(FILE *to)
{
	fputs("usage: noroshi signatures hits [--json] [--all] [--signatures RULES] [--keep FILE] EVE…\n\n"
	      "Reads alerts in EVE JSON (\"-\" is standard input) and says when each signature about a vulnerability "
	      "was\n"
	      "met first, in days since that became known. Which it is stands in the signature's metadata: cve, "
	      "disclosed\n"
	      "(or created_at), poc. \"raised\": a proof of concept was public, and the vulnerability not yet 90 days "
	      "old.\n\n"
	      "  --signatures RULES  list the signatures of these rules that were not met, too\n"
	      "  --keep FILE         add what this file holds of earlier alerts, and replace it; each alert should be\n"
	      "                      given once\n"
	      "  --all               also signatures that name no vulnerability and no day\n"
	      "  --json              one JSON object a line\n"
	      "  --help              this text\n\n"
	      "Exit codes: 0 done, 1 some lines were no alerts that can be read, 2 bad usage or input.\n",
	    to);
}

static int wrong(const char *words)
{
	fprintf(stderr, "noroshi signatures: %s; `noroshi signatures hits --help` explains\n", words);
	return 2;
}

/* -1 = go on with the words from optind on; else the exit code. */
static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { "all", no_argument, NULL, 'a' },
		{ "signatures", required_argument, NULL, 's' }, { "keep", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		options->json |= choice == 'j';
		options->all |= choice == 'a';
		options->help |= choice == 'h';
		if (choice == 's')
			options->rules = optarg;
		else if (choice == 'k')
			options->keep = optarg;
		else if (choice == '?')
			return wrong("there is no such option, or its value is missing");
	}
	if (!options->help && optind == argc)
		return wrong("a file of alerts was expected");
	return -1;
}

struct rules {
	struct signature_hits *hits;
	enum error error;
	struct failure *failure;
};

static void add_rule(void *context, const struct signature_alert *rule)
{
	struct rules *rules = context;
	if (!rules->error)
		rules->error = signature_hits_rule(
		    rules->hits, rule->gid, rule->sid, text_of(rule->message), text_of(rule->metadata), rules->failure);
}

/* What is skipped of the rules `noroshi signatures check` says. */
static enum error read_rules(struct signature_hits *hits, const char *path, struct failure *failure)
{
	struct signature_builder *builder = signature_builder_new();
	struct signature_set *set = NULL;
	struct stream *stream;
	if (!builder)
		return fail(failure, ERROR_MEMORY, "no memory for rules");
	enum error error = stream_open(path, &stream, failure);
	if (!error) {
		error = signature_builder_read(builder, stream, NULL, NULL, failure);
		stream_close(stream);
	}
	if (error) {
		signature_builder_free(builder);
		return error;
	}
	error = signature_builder_compile(builder, &set, failure);
	if (error)
		return error;
	struct rules rules = { hits, OK, failure };
	signature_set_each(set, add_rule, &rules);
	signature_set_free(set);
	return rules.error;
}

static enum error work(
    struct signature_hits *hits, const struct options *options, char **paths, struct failure *failure)
{
	struct stream *stream;
	enum error error = options->rules ? read_rules(hits, options->rules, failure) : OK;
	if (!error && options->keep) {
		error = signature_hits_load(hits, options->keep, failure);
		error = error == ERROR_NOT_FOUND ? OK : error;
	}
	for (; !error && *paths; paths++) {
		error = stream_open(*paths, &stream, failure);
		if (error)
			break;
		error = signature_hits_read(hits, stream, failure);
		stream_close(stream);
	}
	if (!error && options->keep)
		error = signature_hits_keep(hits, options->keep, failure);
	if (!error && !signature_hits_write(hits, options->json, options->all, stdout))
		error = fail_errno(failure, "standard output");
	return error;
}

int signature_hits_command(int argc, char **argv)
{
	struct options options = { 0 };
	struct failure failure = { 0 };
	int status = read_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (options.help) {
		usage(stdout);
		return 0;
	}
	struct signature_hits *hits = signature_hits_new();
	if (!hits)
		return wrong("there is no memory");
	enum error error = work(hits, &options, argv + optind, &failure);
	struct signature_hits_counts counts = signature_hits_count(hits);
	signature_hits_free(hits);
	if (error) {
		fprintf(stderr, "noroshi signatures: %s\n", failure.words);
		return 2;
	}
	if (counts.malformed || counts.left_out)
		fprintf(stderr,
		    "noroshi signatures: %" PRIu64 " lines could not be read, %" PRIu64
		    " alerts are of signatures beyond %u\n",
		    counts.malformed, counts.left_out, SIGNATURE_HITS_MOST);
	return counts.malformed || counts.left_out;
}
