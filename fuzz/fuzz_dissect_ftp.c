/*
 * The dissector of FTP: a conversation, and how it is told.
 *
 * Sources: net/ftp.c, formats/eve_ftp.c.
 */
#include "fuzz_dissector.h"
#include "net/ftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_ftp, data + 1, size - 1);
	return fuzz_conversation(&dissector_ftp, data, size);
}
