/*
 * The process that answers strangers: it accepts, reads, lets a protocol decide what to say, and reports each session
 * to the writer. It holds listening sockets, their connections and one end of a socket pair; it can open nothing,
 * connect to nothing and start nothing (net/sandbox.h, SANDBOX_DECOY).
 */
#ifndef NOROSHI_DECOY_FRONT_H
#define NOROSHI_DECOY_FRONT_H

#include "decoy/options.h"

struct front_sockets {
	int writer;                   /* the pair's end: blocking, so that a slow disk slows it down */
	int listeners[SERVICES_MOST]; /* by service; -1: over UDP */
};

/* Confines itself and serves until the writer shuts its end down. Gives the exit status: 0 = as it should. Closes every
 * other descriptor. */
int decoy_front_run(const struct decoy_options *options, const struct front_sockets *sockets);

#endif
