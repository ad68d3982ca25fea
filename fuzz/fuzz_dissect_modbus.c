/*
 * The dissector of Modbus/TCP: a conversation, and how it is told.
 *
 * Sources: net/modbus.c, formats/eve_modbus.c.
 */
#include "fuzz_dissector.h"
#include "net/modbus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_modbus, data + 1, size - 1);
	return fuzz_conversation(&dissector_modbus, data, size);
}
