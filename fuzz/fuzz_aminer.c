/*
 * The reader of AMiner JSON.
 *
 * Sources: formats/aminer.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("aminer", NULL, data, size);
}
