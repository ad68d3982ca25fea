/*
 * The reader of CSV, with its own header, with a map of names, with a map of positions, and told by content: the first
 * byte says.
 *
 * Sources: formats/csv.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const maps[] = { NULL, "time=t,signature=s,host=h,address=a,object=o",
		"time=1,signature=2,source=3,target=4,repeats=5,detector:d", NULL };
	if (!size)
		return 0;
	unsigned way = data[0] % 4u;
	return fuzz_format(way == 3 ? NULL : "csv", maps[way], data + 1, size - 1);
}
