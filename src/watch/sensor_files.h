/*
 * `noroshi sensor -r`.
 */
#ifndef NOROSHI_WATCH_SENSOR_FILES_H
#define NOROSHI_WATCH_SENSOR_FILES_H

#include "watch/sensor_options.h"

/* `unread`: files that could not be read to their end, which was said. */
enum error sensor_files(const struct sensor_options *options, uint64_t *unread, struct failure *failure);

#endif
