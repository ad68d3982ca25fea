/*
 * The group `records` of the agent's configuration file: what is looked for in records. (Apart from options.h for the
 * reason that agent_file.h says.)
 */
#ifndef NOROSHI_WATCH_RECORD_FILE_H
#define NOROSHI_WATCH_RECORD_FILE_H

#include "base/config.h"

struct record_feed_settings;

struct record_file {
	char *indicators, *shared, *signatures;
	struct option_list variables, home;
	bool behaviour, rules;
};
extern const struct option record_file_options[];

/* `settings` is empty; record_feed_settings_free() is due in every case. */
enum error record_file_take(
    const struct record_file *file, struct record_feed_settings *settings, struct failure *failure);

#endif
