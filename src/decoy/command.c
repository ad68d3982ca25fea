/*
 * `noroshi decoy`: which of its works is asked for.
 */
#include "decoy/command.h"

#include "base/catalog.h"
#include "base/language.h"
#include "decoy/options.h"

#include <stdio.h>
#include <string.h>

static const char *const help[] = {
	N_("usage: noroshi decoy --config FILE [--check]"),
	N_("       noroshi decoy key --key FILE"),
	N_("       noroshi decoy open --key FILE SEALED…"),
	N_("       noroshi decoy indicators SESSIONS…"),
	"",
	N_("Answers on chosen ports without giving anything away, and records what is tried there: names, passwords"),
	N_("(sealed), commands, payloads (sealed) and their hashes, download addresses. It connects to nothing, "
	   "fetches"),
	N_("nothing, and answers over UDP with no more bytes than it was sent, if at all. Only services that the file"),
	N_("names are answered, on addresses that somebody signed for."),
	"",
	N_("  --config FILE  the groups `decoy` and `services`: noroshi-decoy(1)"),
	N_("  --check        only say whether the file is good"),
	N_("  key            makes a pair of keys: the private one into FILE, the public one on standard output;"),
	N_("                 the decoy gets the public one alone"),
	N_("  open           what was sealed: of a sample its bytes, of passwords lines of JSON, on standard output"),
	N_("  indicators     sources, payload hashes and download addresses as a list for `noroshi intel`"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help         this text"),
	"",
	N_("Exit codes: 0 done, 2 bad usage or input, or the decoy could not go on."),
};

struct wishes {
	const char *config, *key, *language;
	bool check, help;
	int first; /* of the paths */
};

static int bad_usage(const char *words, const char *value)
{
	fprintf(stderr, "noroshi decoy: %s%s; `noroshi decoy --help` explains\n", words, value);
	return 2;
}

/* Options, then paths. -1: read. */
static int read_wishes(int argc, char **argv, int at, struct wishes *wishes)
{
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		const char **value = strcmp(argv[at], "--config") == 0     ? &wishes->config
				     : strcmp(argv[at], "--key") == 0      ? &wishes->key
				     : strcmp(argv[at], "--language") == 0 ? &wishes->language
									   : NULL;
		if (strcmp(argv[at], "--check") == 0)
			wishes->check = true;
		else if (strcmp(argv[at], "--help") == 0)
			wishes->help = true;
		else if (!value)
			return bad_usage("there is no option ", argv[at]);
		else if (at + 1 == argc)
			return bad_usage(argv[at], " needs a value");
		else
			*value = argv[++at];
	}
	wishes->first = at;
	return -1;
}

static int print_help(const char *language)
{
	struct catalog *japanese = language_catalog(language);
	for (size_t i = 0; i < sizeof help / sizeof *help; i++)
		puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
	catalog_free(japanese);
	return 0;
}

static int check(const char *config)
{
	struct decoy_options options;
	struct failure failure;
	enum error error = decoy_options_read(config, &options, &failure);
	if (error)
		fprintf(stderr, "noroshi decoy: %s\n", failure.words);
	else
		printf("%s: good\n", config);
	decoy_options_free(&options);
	return error ? 2 : 0;
}

int decoy_command(int argc, char **argv)
{
	struct wishes wishes = { .config = NULL };
	const char *verb = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
	int status = read_wishes(argc, argv, *verb ? 2 : 1, &wishes);
	if (status >= 0)
		return status;
	char **paths = argv + wishes.first;
	int count = argc - wishes.first;
	if (wishes.help)
		return print_help(wishes.language);
	if (strcmp(verb, "key") == 0)
		return wishes.key && !count ? decoy_key(wishes.key) : bad_usage("key needs ", "--key FILE");
	if (strcmp(verb, "open") == 0)
		return wishes.key && count ? decoy_open(wishes.key, paths, count)
					   : bad_usage("open needs ", "--key FILE and what to open");
	if (strcmp(verb, "indicators") == 0)
		return count ? decoy_indicators(paths, count) : bad_usage("indicators needs ", "files of sessions");
	if (*verb || count)
		return bad_usage("there is no ", *verb ? verb : paths[0]);
	if (!wishes.config)
		return bad_usage("nothing answers without ", "--config FILE");
	return wishes.check ? check(wishes.config) : decoy_run(wishes.config);
}
