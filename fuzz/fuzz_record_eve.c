/*
 * The reader of records in the format eve.
 *
 * Sources: formats/record_eve.c, formats/record_write.c, formats/record_member.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record("eve", data, size);
}
