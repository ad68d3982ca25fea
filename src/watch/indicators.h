/*
 * `noroshi indicators`: the command.
 */
#ifndef NOROSHI_WATCH_INDICATORS_H
#define NOROSHI_WATCH_INDICATORS_H

int indicators_command(int argc, char **argv); /* as struct command's run */

#endif
