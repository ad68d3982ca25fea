/*
 * noroshi: finds the subcommand and runs it.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs("noroshi " NOROSHI_VERSION "\n", stdout);
	return 0;
}
