/*
 * The dissectors of Kerberos: datagrams when the first bit is set, else a conversation on TCP; and how they are told.
 *
 * Sources: net/kerberos.c, net/kerberos_names.c, net/der.c, formats/eve_kerberos.c.
 */
#include "fuzz_dissector.h"
#include "net/kerberos.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	const struct dissector *dissector = data[0] & 0x80 ? &dissector_kerberos : &dissector_kerberos_tcp;
	if (dissector == &dissector_kerberos_tcp)
		fuzz_recognise(dissector, data + 1, size - 1);
	return fuzz_conversation(dissector, data, size);
}
