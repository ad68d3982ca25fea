/*
 * `noroshi darknet`: the command.
 */
#ifndef NOROSHI_DARKNET_COMMAND_H
#define NOROSHI_DARKNET_COMMAND_H

int darknet_command(int argc, char **argv); /* as struct command's run */
int darknet_report(int argc, char **argv);  /* argv[0] is "report" */
int darknet_note(int argc, char **argv);    /* `noroshi darknet note` */

#endif
