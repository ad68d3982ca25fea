/*
 * The dissector of RDP: a conversation, and how it is told.
 *
 * Sources: net/rdp.c, net/tpkt.c, formats/eve_rdp.c.
 */
#include "fuzz_dissector.h"
#include "net/rdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_rdp, data + 1, size - 1);
	return fuzz_conversation(&dissector_rdp, data, size);
}
