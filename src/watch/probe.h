/*
 * `noroshi probe`: how the web sites of members answer.
 */
#ifndef NOROSHI_WATCH_PROBE_H
#define NOROSHI_WATCH_PROBE_H

int probe_command(int argc, char **argv);

#endif
