/*
 * What is configured of telling the owners of addresses that telescopes saw (group "owners").
 */
#ifndef NOROSHI_DARKNET_SETTINGS_H
#define NOROSHI_DARKNET_SETTINGS_H

#include "base/config.h"
#include "darknet/center/owners.h"

struct darknet_settings {
	struct owners_settings owners;
	nanoseconds keep;
	int64_t appearances_most, sightings_most, batch_rows;
	char *locations; /* match/origin.h */
};

extern const struct option_group darknet_options[];
const struct darknet_settings *darknet_configured(void);

#endif
