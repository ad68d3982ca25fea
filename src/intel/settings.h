/*
 * What the exchange is configured with: the group `intel`.
 */
#ifndef NOROSHI_INTEL_SETTINGS_H
#define NOROSHI_INTEL_SETTINGS_H

#include "base/config.h"

struct intel_settings {
	uint64_t envelope; /* bytes of one body of items: TAXII's max_content_length */
};

extern const struct option_group intel_options[];
const struct intel_settings *intel_configured(void);

#endif
