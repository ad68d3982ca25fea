/*
 * The language of commands; see language.h.
 */
#include "base/language.h"

#include "base/catalog.h"
#include "base/data.h"

#include <stdlib.h>
#include <string.h>

struct catalog *language_catalog(const char *wish)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	struct catalog *japanese;
	char path[4096];
	for (size_t i = 0; i < sizeof variables / sizeof *variables && !wish; i++) {
		wish = getenv(variables[i]);
		if (wish && !*wish)
			wish = NULL;
	}
	if (!wish || strncmp(wish, "ja", 2) != 0 || data_find_catalog("ja", path, sizeof path, NULL) != OK)
		return NULL;
	return catalog_open(path, &japanese, NULL) == OK ? japanese : NULL;
}
