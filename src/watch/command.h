/*
 * `noroshi agent`: the command.
 */
#ifndef NOROSHI_WATCH_COMMAND_H
#define NOROSHI_WATCH_COMMAND_H

int agent_command(int argc, char **argv); /* as struct command's run */

#endif
