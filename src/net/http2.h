/*
 * HTTP/2 over cleartext TCP, with prior knowledge or after an upgrade (RFC 9113; header compression: RFC 7541). A fact
 * is an exchange, as of HTTP/1 (net/http.h): a stream whose two sides have ended. Pseudo-headers stand among the
 * headers (":method: GET").
 *
 * Header blocks are decoded by libnghttp2's decoder. A block that was lost or cannot be decoded leaves the state of the
 * compression unknown: that side is given up.
 */
#ifndef NOROSHI_NET_HTTP2_H
#define NOROSHI_NET_HTTP2_H

#include "net/http.h"

#define HTTP2_FRAME_LARGEST (64u << 10) /* bytes of a frame that is not DATA */
#define HTTP2_STREAMS 64                /* that are open at once; then the oldest is emitted as it is */

extern const struct dissector dissector_http2;

#endif
