/*
 * `noroshi intel`: the command, and its verbs.
 */
#ifndef NOROSHI_INTEL_COMMAND_H
#define NOROSHI_INTEL_COMMAND_H

int intel_command(int argc, char **argv); /* as struct command's run */

/* argv[0] is the verb. */
int intel_check(int argc, char **argv);
int intel_convert(int argc, char **argv);
int intel_import(int argc, char **argv);
int intel_pack(int argc, char **argv);
int intel_unpack(int argc, char **argv);

#endif
