/*
 * `noroshi capture`: the command.
 */
#ifndef NOROSHI_WATCH_CAPTURE_COMMAND_H
#define NOROSHI_WATCH_CAPTURE_COMMAND_H

int capture_command(int argc, char **argv); /* as struct command's run */

#endif
