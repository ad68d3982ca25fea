/*
 * The dissector of HTTP/2: a conversation, and how it is told.
 *
 * Sources: net/http2.c, net/http_part.c, formats/eve_http.c.
 */
#include "fuzz_dissector.h"
#include "net/http2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_http2, data + 1, size - 1);
	return fuzz_conversation(&dissector_http2, data, size);
}
