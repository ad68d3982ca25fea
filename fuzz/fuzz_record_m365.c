/*
 * The reader of records in the format m365.
 *
 * Sources: formats/record_m365.c, formats/record_json.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record("m365", data, size);
}
