/*
 * `noroshi intel`: which verb.
 */
#include "intel/command.h"

#include "base/catalog.h"
#include "base/language.h"

#include <stdio.h>
#include <string.h>

static const char *const help[] = {
	N_("usage: noroshi intel check [options] INDICATORS RECORDS…"),
	N_("       noroshi intel convert --to FORMAT [options] FILE…"),
	"",
	N_("Indicators, sightings and reports of STIX 2.0 and 2.1, MISP (files and feeds), OpenIOC, and lists."),
	"",
	N_("  check    looks for indicators, also whole patterns of STIX, in what sensors and servers logged"),
	N_("  convert  makes STIX, MISP, CSV or what one's own devices read of them"),
	"",
	N_("`noroshi intel check --help` and `noroshi intel convert --help` list their options."),
};

int intel_command(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return intel_check(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "convert") == 0)
		return intel_convert(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		struct catalog *japanese = language_catalog(NULL);
		for (size_t i = 0; i < sizeof help / sizeof *help; i++)
			puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
		catalog_free(japanese);
		return 0;
	}
	fprintf(stderr, "noroshi intel: check or convert was expected; `noroshi intel --help` explains\n");
	return 2;
}
