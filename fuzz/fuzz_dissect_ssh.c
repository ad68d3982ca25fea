/*
 * The dissector of SSH: a conversation, and how it is told.
 *
 * Sources: net/ssh.c, formats/eve_ssh.c.
 */
#include "fuzz_dissector.h"
#include "net/ssh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_ssh, data + 1, size - 1);
	return fuzz_conversation(&dissector_ssh, data, size);
}
