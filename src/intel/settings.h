/*
 * What the exchange is configured with: the group `intel`.
 */
#ifndef NOROSHI_INTEL_SETTINGS_H
#define NOROSHI_INTEL_SETTINGS_H

#include "base/config.h"

struct intel_settings {
	uint64_t envelope;                  /* bytes of one body of items: TAXII's max_content_length */
	struct option_list remotes;         /* hosts that remotes may talk to; none = off */
	struct option_list remote_networks; /* private ones that may be connected to for that */
	char *remotes_folder;               /* of their credentials and certificates */
};

extern const struct option_group intel_options[];
const struct intel_settings *intel_configured(void);
/* Whether `remotes` names this host, with its port when it has one. */
bool intel_remote_allowed(struct text host);

#endif
