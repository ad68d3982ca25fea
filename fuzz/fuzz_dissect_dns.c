/*
 * The dissector of DNS: a conversation on TCP when the first bit is set, else datagrams; and how it is told.
 *
 * Sources: net/dns.c, net/dns_message.c, formats/eve_dns.c.
 */
#include "fuzz_dissector.h"
#include "net/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	const struct dissector *dissector = data[0] & 0x80 ? &dissector_dns_tcp : &dissector_dns;
	if (dissector == &dissector_dns_tcp)
		fuzz_recognise(dissector, data + 1, size - 1);
	return fuzz_conversation(dissector, data, size);
}
