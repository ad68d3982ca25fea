/*
 * The reader of records in the format zeek.
 *
 * Sources: formats/record_zeek.c, formats/record_zeek_columns.c, formats/zeek_table.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record("zeek", data, size);
}
