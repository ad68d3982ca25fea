/*
 * Indicators: what kinds there are, the form in which their values are compared, and with which fields of dissected
 * facts.
 *
 * A compared form is bytes: of an address or prefix its length (over 128 bits) and 4 or 16 bytes; of a hash the bytes
 * it stands for; of all else text in lower case.
 */
#ifndef NOROSHI_MATCH_INDICATOR_H
#define NOROSHI_MATCH_INDICATOR_H

#include "base/text.h"
#include "net/field.h"

#include <stdint.h>

enum indicator_kind {
	INDICATOR_ADDRESS,  /* an address, or all of a prefix */
	INDICATOR_DOMAIN,   /* a name and all below it */
	INDICATOR_HOSTNAME, /* that name alone */
	INDICATOR_URL,      /* without a scheme: of any; without a query: with any */
	INDICATOR_MD5,      /* of a file, as the next two */
	INDICATOR_SHA1,
	INDICATOR_SHA256,
	INDICATOR_JA3,
	INDICATOR_JA3S,
	INDICATOR_JA4,
	INDICATOR_HASSH,
	INDICATOR_HASSH_SERVER,
	INDICATOR_CERTIFICATE_SHA1, /* of the DER, as the next */
	INDICATOR_CERTIFICATE_SHA256,
	INDICATOR_MAIL,    /* an address; also the local part is compared in lower case */
	INDICATOR_SUBJECT, /* of a mail; ASCII case and the amount of white space do not count */
	INDICATOR_KINDS
};
#define INDICATOR_BIT(kind) (1u << (kind))
#define INDICATOR_ANY (INDICATOR_BIT(INDICATOR_KINDS) - 1)

enum indicator_action { INDICATOR_OBSERVE, INDICATOR_ALERT, INDICATOR_BLOCK, INDICATOR_ACTIONS };

#define INDICATOR_VALUE 2048                 /* bytes of the longest compared form */
#define INDICATOR_TEXT (INDICATOR_VALUE + 1) /* room for its text */

const char *indicator_kind_name(enum indicator_kind kind); /* "address", "domain", … */
/* Also by the names that MISP has for attributes ("ip-dst", "x509-fingerprint-sha1"), any case. */
bool indicator_kind_named(struct text name, enum indicator_kind *kind);
const char *indicator_action_name(enum indicator_action action);
bool indicator_action_named(struct text name, enum indicator_action *action);

/* The kind of a bare value, by its form: a hash is taken for a file's, a name for a domain. False when it has none of
 * the forms. */
bool indicator_guess(struct text value, enum indicator_kind *kind);

/* The compared form. Returns its size; 0 when the value is none of the kind. */
size_t indicator_normalize(enum indicator_kind kind, struct text value, uint8_t to[static INDICATOR_VALUE]);
/* A compared form as people write it. */
char *indicator_format(enum indicator_kind kind, const uint8_t *value, size_t size, char to[static INDICATOR_TEXT]);

/* The kinds that a field is compared with: bits. 0 for most fields. */
unsigned indicator_kinds_of(enum field field);

#endif
