/*
 * `noroshi triage`: the capability on files.
 */
#ifndef NOROSHI_TRIAGE_COMMAND_H
#define NOROSHI_TRIAGE_COMMAND_H

int triage_run(int argc, char **argv);

#endif
