/*
 * Cells of CSV files. See csv.h.
 */
#include "base/csv.h"

#include <string.h>

void csv_put(struct builder *to, const char *text)
{
	build_char(to, '"');
	if (*text && strchr("=+-@\t\r", *text))
		build_char(to, '\'');
	for (; *text; text++) {
		if (*text == '"')
			build_char(to, '"');
		build_char(to, *text);
	}
	build_char(to, '"');
}
