/*
 * The command `noroshi weblog`: finds traces of attack in web-server logs.
 */
#ifndef NOROSHI_WATCH_WEBLOG_H
#define NOROSHI_WATCH_WEBLOG_H

int weblog_command(int argc, char **argv);

#endif
