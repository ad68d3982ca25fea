/*
 * NetFlow version 9: templates, options and data.
 *
 * Sources: formats/netflow9.c, formats/flow_field.c, formats/flow_export.c.
 */
#include "fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t version[] = { 0, 9 };
	return fuzz_flow(version, sizeof version, data, size);
}
