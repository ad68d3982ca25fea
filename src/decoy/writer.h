/*
 * The process that writes: reports of the one that answers become lines, sealed passwords and sealed samples in the
 * decoy's folder. It parses nothing of strangers but the length-checked messages of report.h; it opens no file outside
 * its folder (Landlock) and no connection (net/sandbox.h, SANDBOX_DECOY_WRITER).
 */
#ifndef NOROSHI_DECOY_WRITER_H
#define NOROSHI_DECOY_WRITER_H

#include "decoy/options.h"

#include <sys/types.h>

struct writer_sockets {
	int front;                    /* the pair's end */
	int datagrams[SERVICES_MOST]; /* by service; -1: over TCP */
	pid_t process;                /* of the front */
};

/* Opens the folder and the key; before rights are given up. */
struct writer;
enum error writer_new(const struct decoy_options *options, struct writer **writer, struct failure *failure);
void writer_free(struct writer *writer);

/* Confines itself, and works until SIGTERM or SIGINT, the end of the approval, or the front's. Gives the exit status.
 */
int writer_run(struct writer *writer, const struct writer_sockets *sockets);

#endif
