/*
 * `noroshi decoy`: the command, and what belongs to it.
 */
#ifndef NOROSHI_DECOY_COMMAND_H
#define NOROSHI_DECOY_COMMAND_H

int decoy_command(int argc, char **argv); /* as struct command's run */

int decoy_key(const char *path);                          /* a new pair */
int decoy_open(const char *key, char **paths, int count); /* samples and passwords, opened */
int decoy_indicators(char **paths, int count);            /* lines of sessions as a list of indicators */
int decoy_run(const char *config);                        /* the decoy itself */

#endif
