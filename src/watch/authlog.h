/*
 * The command `noroshi authlog`.
 */
#ifndef NOROSHI_WATCH_AUTHLOG_H
#define NOROSHI_WATCH_AUTHLOG_H

int authlog_command(int argc, char **argv);

#endif
