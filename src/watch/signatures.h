/*
 * `noroshi signatures`: the command.
 */
#ifndef NOROSHI_WATCH_SIGNATURES_H
#define NOROSHI_WATCH_SIGNATURES_H

int signatures_command(int argc, char **argv); /* as struct command's run */

#endif
