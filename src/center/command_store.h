/*
 * The store of a configuration, for commands that change it while the centre runs or not. Inside center/ only.
 */
#ifndef NOROSHI_CENTER_COMMAND_STORE_H
#define NOROSHI_CENTER_COMMAND_STORE_H

#include "center/keeper.h"
#include "center/settings.h"

struct command_store {
	struct center_settings settings;
	struct option_group groups[SETTINGS_GROUPS];
	struct store *store;
	struct work work; /* "command-line" */
};
/* Becomes the account that the data belongs to. In every case command_store_close() is due. */
enum error command_store_open(const char *config, struct command_store *place, struct failure *failure);
void command_store_close(struct command_store *place);
/* What the command line did, for the log. */
void command_store_line(struct log_line *line, const char *what, const char *object, uint32_t organisation);

#endif
