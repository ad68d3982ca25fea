/*
 * Messages with a descriptor over a socket pair: how one process hands another what it may not open itself.
 */
#ifndef NOROSHI_BASE_PASS_H
#define NOROSHI_BASE_PASS_H

#include "base/error.h"

#include <stddef.h>

/* SOCK_SEQPACKET, close-on-exec, not blocking. */
enum error pass_pair(int descriptors[2], struct failure *failure);
/* One datagram; `descriptor` -1: none. The caller closes its own copy. ERROR_AGAIN when the other side is behind. */
enum error pass_send(int pair, const void *message, size_t size, int descriptor, struct failure *failure);
/* ERROR_AGAIN: nothing there; ERROR_END: the other side is gone; ERROR_CORRUPT: not of this size. The descriptor (-1
 * when none came) is close-on-exec and the caller's. */
enum error pass_receive(int pair, void *message, size_t size, int *descriptor, struct failure *failure);

#endif
