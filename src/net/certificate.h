/*
 * What an X.509 certificate says of itself (RFC 5280), as it was sent: nothing is verified.
 *
 * Read by a walk of our own and not by OpenSSL's d2i_X509(): the bytes are whatever a stranger sends, every flow brings
 * some, and a few fields are wanted of them. The walk allocates nothing, cannot recurse, costs a hundredth of d2i_X509
 * (which builds an object for every element, and the public key), and still tells the subject of a certificate whose
 * extensions or key OpenSSL refuses. Its results are compared with OpenSSL's in the tests.
 */
#ifndef NOROSHI_NET_CERTIFICATE_H
#define NOROSHI_NET_CERTIFICATE_H

#include "net/der.h"

#include <stdbool.h>

/* Points into the bytes that were read. */
struct certificate {
	struct text der;       /* all of it */
	struct text serial;    /* content of the INTEGER */
	struct cursor issuer;  /* RDNSequence: certificate_name() */
	struct cursor subject; /* the same */
	struct cursor names;   /* GeneralNames of the subject alternative name; nothing when it has none */
	char not_before[DER_TIME_TEXT], not_after[DER_TIME_TEXT]; /* "2017-01-04T10:48:43"; "" when malformed */
};

/* False when it is malformed before the end of the subject; what is wrong behind it leaves `names` empty. */
bool certificate_read(struct certificate *certificate, struct text der);

/* A distinguished name as Suricata prints it: "C=JP, O=Example, CN=example.jp", in the order of the certificate, " + "
 * between the parts of one RDN, attributes without a short name by their OID. Values are UTF-8 as far as their bytes
 * are. */
void certificate_name(struct cursor name, struct builder *to);
/* "0C:00:99:B7". */
void certificate_serial(struct text serial, struct builder *to);

/* The next dNSName (or iPAddress, as its text) of certificate->names; the text goes into `to`, which is emptied. False
 * at the end. Pass the cursor by a copy. */
bool certificate_alternative(struct cursor *names, struct builder *to);

#endif
