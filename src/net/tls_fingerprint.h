/*
 * Fingerprints of the two hellos: JA3, JA3S and JA4. GREASE (RFC 8701) is left out of all of them.
 *
 * JA3, JA3S: "version,ciphers,extensions,groups,formats" and "version,cipher,extensions" in decimal, joined by '-', and
 * their MD5 (Salesforce, github.com/salesforce/ja3, BSD-3-Clause).
 *
 * JA4: the fingerprint of a client alone (FoxIO, github.com/FoxIO-LLC/ja4, technical_details/JA4.md, BSD-3-Clause). The
 * others of its family (JA4S, JA4H, JA4X, JA4SSH …) are under another licence and are not computed here.
 */
#ifndef NOROSHI_NET_TLS_FINGERPRINT_H
#define NOROSHI_NET_TLS_FINGERPRINT_H

#include "base/text.h"
#include "net/tls_hello.h"

/* The text of which the MD5 is taken, into an empty builder. */
void ja3_string(const struct tls_hello *client, struct builder *to);
void ja3s_string(const struct tls_hello *server, struct builder *to);

#define JA3_TEXT 33
char *ja3_hash(struct text string, char to[static JA3_TEXT]);

/* What carried the hello. */
enum ja4_carrier { JA4_TLS = 't', JA4_DTLS = 'd', JA4_QUIC = 'q' };

/* "t13d1516h2_8daaf6152771_e5627efa2ab1". */
#define JA4_TEXT 37
char *ja4_format(const struct tls_hello *client, enum ja4_carrier carrier, char to[static JA4_TEXT]);

#endif
