/*
 * The dissector of MQTT: a conversation, and how it is told.
 *
 * Sources: net/mqtt.c, formats/eve_mqtt.c.
 */
#include "fuzz_dissector.h"
#include "net/mqtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_recognise(&dissector_mqtt, data + 1, size - 1);
	return fuzz_conversation(&dissector_mqtt, data, size);
}
