/*
 * The reader of ArcSight CEF, bare or in syslog.
 *
 * Sources: formats/cef.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("cef", NULL, data, size);
}
