/*
 * A certificate with its chain and its key, from PEM in memory: for a server that takes new ones while it runs.
 */
#ifndef NOROSHI_HTTP_TLS_H
#define NOROSHI_HTTP_TLS_H

#include "base/error.h"
#include "base/text.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct x509_store_st X509_STORE;
struct stack_st_X509_NAME;

/* Whether the two can be read, the certificate is of today, and the key is the certificate's. A key with a passphrase
 * is refused: nobody is there to type it. */
enum error tls_check(struct text certificate, struct text key, struct failure *failure);
/* New connections use them from now on; on an error the old ones stay. */
enum error tls_use(SSL_CTX *tls, struct text certificate, struct text key, struct failure *failure);
/* Authorities from PEM, one behind the other: what certificates are checked against, and their names, as a server tells
 * them to clients. A certificate's time is not looked at. Both are the caller's to free. */
enum error tls_authorities(
    struct text authorities, X509_STORE **store, struct stack_st_X509_NAME **names, struct failure *failure);

#endif
