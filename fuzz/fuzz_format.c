/*
 * The readers told by content: any bytes are taken by the reader that recognises them, or by none.
 *
 * Sources: formats/format.c, formats/fields.c, formats/dates.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format(NULL, NULL, data, size);
}
