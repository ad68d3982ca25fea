/*
 * No core files: what a process that handles others' communications has in memory must not come to rest on a disk.
 */
#ifndef NOROSHI_BASE_DUMP_H
#define NOROSHI_BASE_DUMP_H

#include "base/error.h"

/* From now on the kernel writes no core file of this process, nor hands one to a program that collects them, and no
 * process of the same user may trace it or read its memory (prctl(2), PR_SET_DUMPABLE; ptrace(2), "Ptrace access mode
 * checking"). Call it again after the process became another user. What root does is not stopped. */
enum error dump_forbid(struct failure *failure);

#endif
