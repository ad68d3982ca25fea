/*
 * `noroshi intel`: which verb.
 */
#include "intel/command.h"

#include "base/language.h"

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

int intel_command(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		struct catalog *japanese = language_catalog(NULL);
		intel_print(japanese, help, sizeof help / sizeof *help);
		catalog_free(japanese);
		return 0;
	}
	fprintf(stderr,
	    "noroshi intel: check, convert, import, pack or unpack was expected; `noroshi intel --help` explains\n");
	return 2;
}

void intel_print(const struct catalog *japanese, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		puts(lines[i][0] ? catalog_string(japanese, lines[i]) : "");
}

const char *intel_set_language(const char **language, const char *value)
{
	*language = value;
	return strcmp(value, "ja") == 0 || strcmp(value, "en") == 0 ? NULL : "--language: ja or en was expected";
}
