/*
 * `noroshi intel`: which verb.
 */
#include "intel/command.h"

#include "base/language.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char *const help[] = {
	N_("usage: noroshi intel check [options] INDICATORS RECORDS…"),
	N_("       noroshi intel convert --to FORMAT [options] FILE…"),
	N_("       noroshi intel import --taxii URL --token-file FILE --collection NAME [options] FILE…"),
	N_("       noroshi intel pack --to FILE [options] FILE…"),
	N_("       noroshi intel unpack --into FOLDER [options] FILE…"),
	"",
	N_("Indicators, sightings and reports of STIX 2.0 and 2.1, MISP (files and feeds), OpenIOC, and lists."),
	"",
	N_("  check    looks for indicators, also whole patterns of STIX, in what sensors and servers logged"),
	N_("  convert  makes STIX, MISP, CSV or what one's own devices read of them"),
	N_("  import   gives them to a collection of a centre"),
	N_("  pack     makes signed, encrypted files of them, for networks without a connection"),
	N_("  unpack   takes such files, in their order, once"),
	"",
	N_("`noroshi intel check --help` and so on list their options."),
};

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = { { "check", intel_check }, { "convert", intel_convert }, { "import", intel_import },
	{ "pack", intel_pack }, { "unpack", intel_unpack } };

static void print_help(const struct catalog *japanese, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		puts(lines[i][0] ? catalog_string(japanese, lines[i]) : "");
}

static const char *set_language(const char **language, const char *value)
{
	*language = value;
	return strcmp(value, "ja") == 0 || strcmp(value, "en") == 0 ? NULL : "--language: ja or en was expected";
}

int intel_command(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		struct catalog *japanese = language_catalog(NULL);
		print_help(japanese, help, sizeof help / sizeof *help);
		catalog_free(japanese);
		return 0;
	}
	fprintf(stderr,
	    "noroshi intel: check, convert, import, pack or unpack was expected; `noroshi intel --help` explains\n");
	return 2;
}

static const char *take(const struct verb *verb, struct verb_run *run, int option, const char *value)
{
	for (size_t i = 0; i < verb->place_count; i++)
		if (verb->places[i].option == option) {
			memcpy((char *)run + verb->places[i].at, &value, sizeof value);
			return NULL;
		}
	switch (option) {
	case VERB_JSON:
		run->json = true;
		return NULL;
	case VERB_LANGUAGE:
		return set_language(&run->language, value);
	case VERB_HELP:
		run->help = true;
		return NULL;
	default:
		return verb->take(run, option, value);
	}
}

int verb_main(const struct verb *verb, void *own, int argc, char **argv)
{
	struct verb_run *run = own;
	const char *problem = NULL;
	int option, code = 0;
	optind = 1;
	while (!problem && (option = getopt_long(argc, argv, "", verb->options, NULL)) != -1) {
		if (option == '?') {
			fprintf(stderr, "noroshi intel %s: `noroshi intel %s --help` lists the options\n", verb->name,
			    verb->name);
			return 2;
		}
		problem = take(verb, run, option, optarg);
	}
	if (!problem && !run->help)
		problem = verb->missing(own, argc - optind);
	if (problem) {
		fprintf(stderr, "noroshi intel %s: %s\n", verb->name, problem);
		return 2;
	}
	run->japanese = language_catalog(run->language);
	if (run->help)
		print_help(run->japanese, verb->help, verb->help_count);
	else
		code = verb->go(own, argv + optind, argc - optind);
	catalog_free(run->japanese);
	return code;
}
