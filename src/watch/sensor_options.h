/*
 * What `noroshi sensor` is told: the command line, over the group `sensor` of its configuration file.
 */
#ifndef NOROSHI_WATCH_SENSOR_OPTIONS_H
#define NOROSHI_WATCH_SENSOR_OPTIONS_H

#include "net/capture_live.h"
#include "net/observer.h"
#include "watch/detection_options.h"

#define SENSOR_INTERFACES_MOST 16

struct sensor_file; /* sensor_file.h */

/* Texts are of the command line, or of `file`. */
struct sensor_options {
	const char **files, **interfaces;
	size_t file_count, interface_count;
	const char *eve, *name;
	bool json, help, interfaces_of_file;
	struct detection_options detection;
	struct observer_settings observer;
	/* of live capture */
	struct capture_settings capture; /* of each interface */
	uint64_t queue;                  /* bytes of records that wait for whoever takes them */
	nanoseconds stats_every;         /* 0 = only at the end */
	nanoseconds look_every;          /* whether files of sets changed */
	struct sensor_file *file;        /* NULL: there is none */
};

/* In every case sensor_options_free() is due. */
enum error sensor_options_read(int argc, char **argv, struct sensor_options *options, struct failure *failure);
void sensor_options_free(struct sensor_options *options);
void sensor_options_help(void);

/* sensor_config.c: what the file says. `room`: how many items each of the options' lists may take in all. */
enum error sensor_config_load(const char *path, struct sensor_options *options, size_t room, struct failure *failure);
void sensor_config_free(struct sensor_file *file); /* NULL is fine */

#endif
