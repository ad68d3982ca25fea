/*
 * The dissector of IMAP: a conversation, and how it is told.
 *
 * Sources: net/imap.c.
 */
#include "fuzz_dissector.h"
#include "net/imap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_imap, data + 1, size - 1);
	return fuzz_conversation(&dissector_imap, data, size);
}
