/*
 * The dissector of HTTP/1: a conversation, and how it is told.
 *
 * Sources: net/http.c, net/http_transaction.c, net/http_head.c, net/http_line.c, formats/eve_http.c.
 */
#include "fuzz_dissector.h"
#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_http, data + 1, size - 1);
	return fuzz_conversation(&dissector_http, data, size);
}
