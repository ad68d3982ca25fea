/*
 * A certificate with its chain and its key, from PEM in memory: for a server that takes new ones while it runs.
 */
#ifndef NOROSHI_HTTP_TLS_H
#define NOROSHI_HTTP_TLS_H

#include "base/error.h"
#include "base/text.h"

typedef struct ssl_ctx_st SSL_CTX;

/* Whether the two can be read, the certificate is of today, and the key is the certificate's. A key with a passphrase
 * is refused: nobody is there to type it. */
enum error tls_check(struct text certificate, struct text key, struct failure *failure);
/* New connections use them from now on; on an error the old ones stay. */
enum error tls_use(SSL_CTX *tls, struct text certificate, struct text key, struct failure *failure);

#endif
