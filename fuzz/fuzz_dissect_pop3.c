/*
 * The dissector of POP3: a conversation, and how it is told.
 *
 * Sources: net/pop3.c, formats/eve_pop3.c.
 */
#include "fuzz_dissector.h"
#include "net/pop3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_pop3, data + 1, size - 1);
	return fuzz_conversation(&dissector_pop3, data, size);
}
