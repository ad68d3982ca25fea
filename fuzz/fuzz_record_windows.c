/*
 * The reader of records in the format windows.
 *
 * Sources: formats/record_windows.c, formats/record_windows_data.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record("windows", data, size);
}
