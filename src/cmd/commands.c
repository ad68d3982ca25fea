/*
 * The list of commands: those of the centre and of cmd/, then those of each capability.
 */
#include "cmd/commands.h"

#include "center/capabilities.h"
#include "center/center.h"

#include <stddef.h>
#include <string.h>

const struct command *const commands[] = {
	&center_command,
	&account_command,
	&machines_command,
	&remotes_command,
	&backup_command,
	&restore_command,
	&config_command,
	&convert_command,
	&help_command,
	&version_command,
	NULL,
};

const struct command *command_at(size_t index)
{
	for (size_t i = 0; commands[i]; i++)
		if (index-- == 0)
			return commands[i];
	for (size_t i = 0; capabilities[i]; i++)
		for (const struct command *command = capabilities[i]->commands; command && command->name; command++)
			if (index-- == 0)
				return command;
	return NULL;
}

const struct command *command_named(const char *name)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}
