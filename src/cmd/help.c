/*
 * `noroshi help [VERB]`, the API's reference and its OpenAPI document, and `noroshi version`.
 */
#include "base/version.h"
#include "center/center.h"
#include "cmd/commands.h"
#include "http/openapi.h"
#include "http/reference.h"

#include <stdio.h>
#include <string.h>

static void list_commands(FILE *to)
{
	fputs("noroshi - a beacon chain for the networks of many organisations\n\n"
	      "usage: noroshi VERB [options]\n\n",
	    to);
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		fprintf(to, "  %-12s %s\n", command->name, command->summary);
	fputs("\n`noroshi help routes` prints every route of the API, `noroshi help openapi` the same as OpenAPI."
	      "\n`noroshi VERB --help` explains a verb. Exit codes: 0 done, 1 found problems, 2 bad usage or input.\n",
	    to);
}

static int print_routes(bool openapi)
{
	const struct route *tables[ROUTE_TABLES];
	struct builder text = { 0 };
	route_tables(tables);
	if (openapi)
		openapi_write(tables, "Noroshi", &text);
	else
		reference_write(tables, &text);
	bool written = !text.failed && fwrite(text.at, 1, text.size, stdout) == text.size;
	builder_free(&text);
	return written ? 0 : 2;
}

static int help_run(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		list_commands(stdout);
		return 0;
	}
	if (strcmp(argv[1], "routes") == 0 || strcmp(argv[1], "openapi") == 0)
		return print_routes(argv[1][0] == 'o');
	const struct command *command = command_named(argv[1]);
	if (!command) {
		fprintf(stderr, "noroshi help: there is no verb \"%s\"; `noroshi help` lists them\n", argv[1]);
		return 2;
	}
	char *arguments[] = { argv[1], (char[]){ "--help" }, NULL };
	return command->run(2, arguments);
}

const struct command help_command = {
	.name = "help",
	.summary = "list the verbs, or explain one",
	.run = help_run,
};

static int version_run(int argc, char **argv)
{
	(void)argv;
	if (argc > 1 && strcmp(argv[1], "--help") != 0) {
		fputs("noroshi version: takes no arguments\n", stderr);
		return 2;
	}
	puts("noroshi " NOROSHI_VERSION);
	return 0;
}

const struct command version_command = {
	.name = "version",
	.summary = "print the version",
	.run = version_run,
};
