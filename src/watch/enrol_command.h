/*
 * `noroshi enrol`: this machine becomes a sensor of its centre. Called by cmd/ through watch.c.
 */
#ifndef NOROSHI_WATCH_ENROL_COMMAND_H
#define NOROSHI_WATCH_ENROL_COMMAND_H

int enrol_command(int argc, char **argv);

#endif
