/*
 * `noroshi signatures`: the command.
 */
#ifndef NOROSHI_WATCH_SIGNATURES_H
#define NOROSHI_WATCH_SIGNATURES_H

int signatures_command(int argc, char **argv); /* as struct command's run */
/* `noroshi signatures hits`; argv[0] is "hits". */
int signature_hits_command(int argc, char **argv);

#endif
