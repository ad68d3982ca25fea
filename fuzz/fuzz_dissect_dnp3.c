/*
 * The dissector of DNP3: a conversation, and how it is told.
 *
 * Sources: net/dnp3.c, formats/eve_dnp3.c.
 */
#include "fuzz_dissector.h"
#include "net/dnp3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_dnp3, data + 1, size - 1);
	return fuzz_conversation(&dissector_dnp3, data, size);
}
