/*
 * Watch: what observes at a member's site. `noroshi agent` follows files there and ships them to the centre,
 * `noroshi sensor` reads packets, `noroshi collect` receives flows from exporters, `noroshi indicators` and `noroshi
 * signatures` compile what is matched there, `noroshi weblog` looks for attacks in the logs of web servers, `noroshi
 * probe` measures how members' sites answer.
 */
#ifndef NOROSHI_WATCH_WATCH_H
#define NOROSHI_WATCH_WATCH_H

#include "model/capability.h"

extern const struct capability watch_capability;

#endif
