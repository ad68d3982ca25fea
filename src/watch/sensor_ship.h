/*
 * `noroshi sensor … --center URL`, `noroshi darknet … --center URL`: the records of a sensor or a telescope go to a
 * centre.
 *
 *   noroshi sensor … --eve -  ─pipe─►  recorder ─► FOLDER/records/ ─► noroshi agent ─► centre
 *
 *   centre ─► noroshi follow ─► FOLDER/shared/ ─► sensor: what the exchange shares (with --center or --machine)
 *
 * Each is a process of its own: the one that parses packets has no network and no file but its pipe, the recorder
 * writes what the capture policy lets be recorded, and what follows, spools and sends is the agent's own program.
 */
#ifndef NOROSHI_WATCH_SENSOR_SHIP_H
#define NOROSHI_WATCH_SENSOR_SHIP_H

#include "model/capability.h"

#include <stdbool.h>

/* Whether these words ask for it. */
bool sensor_ship_wanted(int argc, char **argv);
/* As struct command's run: argv[0] is the verb whose records these are. */
int sensor_ship(const struct command_shipping *shipping, int argc, char **argv);

#endif
