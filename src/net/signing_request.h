/*
 * A certificate signing request (PKCS #10, RFC 2986, in PEM: RFC 7468) as a machine sends it: whoever made it holds the
 * key that it names, and that key is what is taken from it. What it asks for besides is never given, so a request that
 * asks (a name, an extension, any attribute) is refused instead of answered with something else.
 */
#ifndef NOROSHI_NET_SIGNING_REQUEST_H
#define NOROSHI_NET_SIGNING_REQUEST_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define SIGNING_REQUEST_LARGEST 2048 /* bytes of PEM; one for P-256 has some 400 */
#define MACHINE_KEY 65               /* bytes of a P-256 point, uncompressed: 4, x, y (SEC 1, 2.3.3) */
#define MACHINE_KEY_TEXT (2 * MACHINE_KEY + 1)

/* One request and nothing around it, signed by its own key, which is ECDSA on P-256. ERROR_INPUT says what is wrong. */
enum error signing_request_read(struct text pem, uint8_t key[static MACHINE_KEY], struct failure *failure);

/* The key as OpenSSL's, to be freed; NULL when it is no point on the curve. */
struct evp_pkey_st *machine_key_open(const uint8_t key[static MACHINE_KEY]);
/* Whether this is the hex of a point on the curve, in lower case. `key` may be NULL. */
bool machine_key_parse(struct text text, uint8_t *key);

#endif
