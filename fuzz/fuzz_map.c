/*
 * What a user says of the columns of a CSV file (--map, `map` of the agent, ?map= of a batch): the first line is the
 * map, the rest a file. A map is refused with words, or used.
 *
 * Sources: formats/csv.c.
 */
#include "fuzz_format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	if (!end || (size_t)(end - data) >= 1026 || memchr(data, 0, (size_t)(end - data)))
		return 0;
	char *map = strndup((const char *)data, (size_t)(end - data));
	CHECK(map);
	fuzz_format("csv", map, end + 1, size - (size_t)(end - data) - 1);
	free(map);
	return 0;
}
