/*
 * `noroshi sensor … --center URL`: the sensor's records go to a centre.
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

#include <stdbool.h>

/* Whether these words ask for it. */
bool sensor_ship_wanted(int argc, char **argv);
int sensor_ship(int argc, char **argv); /* as struct command's run */

#endif
