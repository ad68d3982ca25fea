/*
 * One connection of a load: HTTP/1.1 over TLS (or not), kept alive, without ever blocking. One request at a time.
 */
#ifndef NOROSHI_BENCH_LOAD_CLIENT_H
#define NOROSHI_BENCH_LOAD_CLIENT_H

#include "base/loop.h"
#include "base/text.h"

#include <openssl/ssl.h>

struct client;

struct client_answer {
	unsigned status;      /* 0: the connection ended without an answer */
	unsigned retry_after; /* seconds; 0 = not said */
	struct text body;
};
typedef void (*client_callback)(void *context, const struct client_answer *answer);

/* `host`, `port`: where the centre listens (IPv4). `from`: our own address on the loopback in host order, so that each
 * sensor has one of its own. `context` NULL: no TLS. `answered` may begin the next request. NULL without memory. */
struct client *client_new(struct loop *loop, SSL_CTX *context, const char *host, uint16_t port, uint32_t from,
    client_callback answered, void *owner);
void client_free(struct client *client);

/* Connects when it has to. `head`: request line and fields, with the empty line. Both are copied. */
void client_send(struct client *client, struct text head, struct text body);

#endif
