/*
 * Google's QUIC before it took over TLS (versions 24 to 46): a hello of tagged values in clear ("QUIC Wire Layout
 * Specification" and "QUIC Crypto", Chromium, 2016; version 46 has the long header of the IETF's drafts).
 */
#ifndef NOROSHI_NET_QUIC_GOOGLE_H
#define NOROSHI_NET_QUIC_GOOGLE_H

#include "net/quic.h"

/* A datagram that begins with a packet of such a version. */
bool google_version_read(struct cursor datagram, uint32_t *version);
/* The first stream frame's data in that packet; empty when there is none. */
struct text google_stream(struct cursor datagram);
/* A client's hello ("CHLO"), of a stream or a CRYPTO frame, which may be cut off at its end: what is there is read.
 * `cyu` takes the text of that name. False when it is none. */
bool google_hello_read(struct text message, struct quic_hello *hello, struct builder *cyu);

#endif
