/*
 * The reader of fast.log of Suricata and Snort.
 *
 * Sources: formats/fast_log.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("fast", NULL, data, size);
}
