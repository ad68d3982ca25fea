/*
 * The configuration file of `noroshi sensor`: its group `sensor`. (Apart from sensor_options.h, whose users stand
 * beside getopt.h: both that and base/config.h have a `struct option`.)
 */
#ifndef NOROSHI_WATCH_SENSOR_FILE_H
#define NOROSHI_WATCH_SENSOR_FILE_H

#include "base/config.h"

struct sensor_file {
	struct option_list interfaces, variables, home, scanners, services;
	char *eve, *name, *indicators, *shared, *signatures;
	int64_t workers, snap, most_flows;
	uint64_t ring, queue;
	bool promiscuous, flows_only, behaviour;
	nanoseconds stats_every, look_every;
};
void sensor_option_groups(struct sensor_file *file, struct option_group groups[static 2]);

#endif
