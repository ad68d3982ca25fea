/*
 * A link: how the supervisor hands a child the descriptor of a channel to another child, also to one that runs already
 * when the other was restarted. One datagram per descriptor over a SOCK_SEQPACKET pair; only the supervisor sends.
 */
#ifndef NOROSHI_CENTER_LINK_H
#define NOROSHI_CENTER_LINK_H

#include "base/error.h"

#include <stdint.h>

enum error link_pair(
    int descriptors[2], struct failure *failure); /* close-on-exec; [0] the supervisor's, [1] the child's */
enum error link_send(
    int link, uint8_t peer, int descriptor, struct failure *failure); /* the caller closes its own copy */
/* ERROR_AGAIN: nothing there; ERROR_END: the supervisor is gone. The descriptor is close-on-exec and the caller's. */
enum error link_receive(int link, uint8_t *peer, int *descriptor, struct failure *failure);

#endif
