/*
 * Records of a format that is told by content.
 *
 * Sources: formats/record.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record(NULL, data, size);
}
