/*
 * noroshi: finds the verb and runs it.
 */
#include "cmd/commands.h"

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
		fprintf(stderr, "noroshi: there is no verb \"%s\"; `noroshi help` lists them\n", verb);
		return 2;
	}
	return command->run(argc - 1, argv + 1);
}
