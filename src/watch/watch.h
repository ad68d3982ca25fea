/*
 * Watch: what observes at a member's site. `noroshi agent` follows files there and ships them to the centre,
 * `noroshi collect` receives flows from exporters, `noroshi indicators` compiles what is matched there, `noroshi weblog` looks for attacks in the logs of web servers.
 */
#ifndef NOROSHI_WATCH_WATCH_H
#define NOROSHI_WATCH_WATCH_H

#include "model/capability.h"

extern const struct capability watch_capability;

#endif
