/*
 * The commands that belong to no capability: one small file in cmd/ each (center/ brings its own), listed in
 * commands.c.
 */
#ifndef NOROSHI_CMD_COMMANDS_H
#define NOROSHI_CMD_COMMANDS_H

#include "model/capability.h"

extern const struct command *const commands[]; /* ends with NULL */

/* The command of that name among these and the capabilities'; NULL when there is none. */
const struct command *command_named(const char *name);
/* Every command in the order of `noroshi help`: index 0 … until NULL. */
const struct command *command_at(size_t index);

extern const struct command config_command;
extern const struct command convert_command;
extern const struct command help_command;
extern const struct command version_command;
/* A further file of cmd/ is declared here and listed in commands.c. */

#endif
