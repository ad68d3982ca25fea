/*
 * The dissector of SMB, security tokens and calls through pipes within: a conversation, and how it is told.
 *
 * Sources: net/smb2.c, net/smb2_exchange.c, net/smb2_message.c, net/smb2_table.c, net/smb2_names.c, net/sign_on.c,
 * net/dcerpc.c, net/utf16.c, formats/eve_smb.c.
 */
#include "fuzz_dissector.h"
#include "net/smb2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_smb, data + 1, size - 1);
	return fuzz_conversation(&dissector_smb, data, size);
}
