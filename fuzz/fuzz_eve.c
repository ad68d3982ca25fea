/*
 * The reader of Suricata EVE JSON.
 *
 * Sources: formats/eve.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("eve", NULL, data, size);
}
