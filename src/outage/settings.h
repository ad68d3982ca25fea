/*
 * What an operator sets about members' web sites: the group "outage" of the configuration.
 */
#ifndef NOROSHI_OUTAGE_SETTINGS_H
#define NOROSHI_OUTAGE_SETTINGS_H

#include "base/config.h"
#include "outage/outage.h"

extern const struct option_group outage_options[];
const struct outage_settings *outage_configured(void);

#endif
