/*
 * The dissector of S7: a conversation, and how it is told.
 *
 * Sources: net/s7.c, net/tpkt.c, formats/eve_s7.c.
 */
#include "fuzz_dissector.h"
#include "net/s7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_s7, data + 1, size - 1);
	return fuzz_conversation(&dissector_s7, data, size);
}
