/*
 * NetFlow version 5.
 *
 * Sources: formats/netflow5.c, formats/flow_export.c.
 */
#include "fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t version[] = { 0, 5 };
	return fuzz_flow(version, sizeof version, data, size);
}
