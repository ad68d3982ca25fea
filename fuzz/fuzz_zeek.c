/*
 * The reader of Zeek notice.log, tab-separated or JSON.
 *
 * Sources: formats/zeek.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("zeek", NULL, data, size);
}
