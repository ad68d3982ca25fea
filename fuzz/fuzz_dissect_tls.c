/*
 * The dissectors of TLS and DTLS: datagrams when the first bit is set, else a conversation on TCP; and how they are
 * told.
 *
 * Sources: net/tls.c, net/dtls.c, net/tls_hello.c, net/tls_fingerprint.c, net/tls_keep.c, net/tls_record.c,
 * net/certificate.c, net/der.c, net/assembly.c, formats/eve_tls.c.
 */
#include "fuzz_dissector.h"
#include "net/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	const struct dissector *dissector = data[0] & 0x80 ? &dissector_dtls : &dissector_tls;
	if (dissector == &dissector_tls)
		fuzz_recognise(dissector, data + 1, size - 1);
	return fuzz_conversation(dissector, data, size);
}
