/*
 * The sockets of a decoy: bound, each to one address, before rights are given up.
 */
#ifndef NOROSHI_DECOY_SOCKET_H
#define NOROSHI_DECOY_SOCKET_H

#include "decoy/options.h"

#include <sys/socket.h>

/* Of a service: listening (TCP) or bound (UDP), not blocking, close-on-exec. */
enum error socket_open(const struct service *service, int *descriptor, struct failure *failure);
struct address socket_address(const struct sockaddr_storage *from, uint16_t *port);

#endif
