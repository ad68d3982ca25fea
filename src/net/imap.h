/*
 * IMAP on TCP (RFC 9051, 3501): told, and followed to where the connection becomes TLS (STARTTLS) or is compressed
 * (RFC 4978). There are no facts: neither names nor mails are kept. Literals (4.3), which are what mails come as, are
 * passed over by their length.
 */
#ifndef NOROSHI_NET_IMAP_H
#define NOROSHI_NET_IMAP_H

#include "net/dissector.h"

extern const struct dissector dissector_imap;

#endif
