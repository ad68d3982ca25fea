/*
 * A door of the server: one address that it listens at, the names it is called by there, and its TLS. One is for people
 * and programs; the other, where there is one, asks machines for their certificates, so that no browser is ever asked.
 * Used by the files of the server only; the first comment of exchange.h lists them.
 */
#ifndef NOROSHI_HTTP_DOOR_H
#define NOROSHI_HTTP_DOOR_H

#include "http/listen.h"

#include "base/text.h"

#include <stdbool.h>

struct lws;
struct lws_context;
struct lws_context_creation_info;
struct lws_vhost;
struct server;
struct ssl_ctx_st;
struct watch;

enum { DOOR_OF_PEOPLE, DOOR_OF_MACHINES, DOORS };

struct door {
	struct server *server;
	bool machines;
	bool there; /* the listener is bound */
	struct listener listener;
	struct watch *accept; /* NULL: nobody is let in */
	struct lws_vhost *vhost;
	struct ssl_ctx_st *tls; /* the library's; of new connections; NULL without TLS */
	char *hosts[17];        /* allowed in Host, NULL ends */
	char address[128];      /* "https://127.0.0.1:8443" */
};

/* Binds the address. */
enum error door_open(struct door *door, const char *where, struct failure *failure);
/* Makes the library's side of it, with what is common in `info`. */
enum error door_make(struct door *door, const struct lws_context_creation_info *info, struct failure *failure);
/* Lets clients in: `take` is told each. */
enum error door_let_in(
    struct door *door, void (*wait)(void *door, int descriptor, unsigned ready), struct failure *failure);
void door_close(struct door *door); /* nobody is let in any more; what is connected stays */
void door_free(struct door *door);

/* From the library's callback, while door_make() runs. */
void door_set_up_tls(struct door *door, struct ssl_ctx_st *tls);
/* Whose certificates are taken: PEM, one behind the other. */
enum error door_authorities(struct door *door, struct text authorities, struct failure *failure);

#endif
