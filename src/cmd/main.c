/*
 * noroshi: finds the verb and runs it.
 */
#include "base/config.h"
#include "cmd/commands.h"
#include "watch/sensor_ship.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc < 2) {
		help_command.run(1, argv);
		return 2;
	}
	const char *verb = argv[1];
	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
		verb = "help";
	else if (strcmp(verb, "--version") == 0)
		verb = "version";
	const struct command *command = command_named(verb);
	if (!command) {
		const char *names[64] = { NULL }, *nearest;
		for (size_t i = 0; i < 63 && command_at(i); i++)
			names[i] = command_at(i)->name;
		nearest = nearest_name(verb, names);
		fprintf(stderr, "noroshi: there is no verb \"%s\"%s%s%s; `noroshi help` lists them\n", verb,
		    nearest ? " (did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?)" : "");
		return 2;
	}
	if (command->shipping && sensor_ship_wanted(argc - 1, argv + 1))
		return sensor_ship(command->shipping, argc - 1, argv + 1);
	return command->run(argc - 1, argv + 1);
}
