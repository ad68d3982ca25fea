/*
 * The reader of IDEA (CESNET) JSON.
 *
 * Sources: formats/idea.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("idea", NULL, data, size);
}
