/*
 * The reader of records in the format auditd.
 *
 * Sources: formats/record_auditd.c, formats/record_auditd_event.c.
 */
#include "fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_record("auditd", data, size);
}
