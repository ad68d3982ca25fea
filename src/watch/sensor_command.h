/*
 * `noroshi sensor`: the command.
 */
#ifndef NOROSHI_WATCH_SENSOR_COMMAND_H
#define NOROSHI_WATCH_SENSOR_COMMAND_H

int sensor_command(int argc, char **argv); /* as struct command's run */

#endif
