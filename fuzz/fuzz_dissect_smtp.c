/*
 * The dissector of SMTP, and mail messages within: a conversation, and how it is told.
 *
 * Sources: net/smtp.c, net/mime.c, net/mime_header.c, net/charset.c, formats/eve_smtp.c.
 */
#include "fuzz_dissector.h"
#include "net/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_smtp, data + 1, size - 1);
	return fuzz_conversation(&dissector_smtp, data, size);
}
