/*
 * What an operator sets about the watch over sensors: the group "fleet" of the configuration.
 */
#ifndef NOROSHI_FLEET_SETTINGS_H
#define NOROSHI_FLEET_SETTINGS_H

#include "base/config.h"
#include "fleet/fleet.h"

extern const struct option_group fleet_options[];
/* As configured; `silence` is center.silence, which the caller knows. */
const struct fleet_settings *fleet_configured(void);

#endif
