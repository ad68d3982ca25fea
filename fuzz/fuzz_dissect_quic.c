/*
 * The dissector of QUIC: datagrams; what opens them too: the keys of the seeds are those that the bytes themselves
 * give.
 *
 * Sources: net/quic.c, net/quic_keys.c, net/quic_google.c, net/assembly.c, formats/eve_quic.c.
 */
#include "fuzz_dissector.h"
#include "net/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return size ? fuzz_conversation(&dissector_quic, data, size) : 0;
}
