/*
 * The reader of Wazuh and OSSEC JSON.
 *
 * Sources: formats/wazuh.c.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format("wazuh", NULL, data, size);
}
