/*
 * IPFIX: templates, their withdrawal, fields of variable length.
 *
 * Sources: formats/ipfix.c, formats/flow_field.c, formats/flow_export.c.
 */
#include "fuzz_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t version[] = { 0, 10 };
	return fuzz_flow(version, sizeof version, data, size);
}
