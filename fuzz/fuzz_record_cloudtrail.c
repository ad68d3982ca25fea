/*
 * The reader of records in the format cloudtrail.
 *
 * Sources: formats/record_cloudtrail.c, formats/json_pieces.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record("cloudtrail", data, size);
}
