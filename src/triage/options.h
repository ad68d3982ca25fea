/*
 * What an operator sets about triage: the group "triage" of the configuration.
 */
#ifndef NOROSHI_TRIAGE_OPTIONS_H
#define NOROSHI_TRIAGE_OPTIONS_H

#include "base/config.h"
#include "triage/triage.h"

struct triage_configuration {
	nanoseconds lateness, clamp, clamp_future, learning, join, longest, checkpoint;
	double open, open_any;
	uint64_t memory;
	int64_t organisations;
	char *warning_lists; /* folder; empty = none */
};

extern const struct option_group triage_options[];
const struct triage_configuration *triage_configured(void);
/* The settings of triage.h that the configuration asks for. */
void triage_settings_configured(struct triage_settings *settings);

#endif
