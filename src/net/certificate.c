/*
 * Walks a certificate: Certificate → TBSCertificate → its fields in their order; of the extensions only the subject
 * alternative name.
 */
#include "net/certificate.h"

#include "net/address.h"

#include <string.h>

/* ── distinguished names ─ */

static const struct {
	struct text oid;
	const char *name;
} attributes[] = {
	{ TEXT("\x55\x04\x03"), "CN" },
	{ TEXT("\x55\x04\x04"), "SN" },
	{ TEXT("\x55\x04\x05"), "serialNumber" },
	{ TEXT("\x55\x04\x06"), "C" },
	{ TEXT("\x55\x04\x07"), "L" },
	{ TEXT("\x55\x04\x08"), "ST" },
	{ TEXT("\x55\x04\x09"), "STREET" },
	{ TEXT("\x55\x04\x0a"), "O" },
	{ TEXT("\x55\x04\x0b"), "OU" },
	{ TEXT("\x55\x04\x0c"), "title" },
	{ TEXT("\x55\x04\x0d"), "description" },
	{ TEXT("\x55\x04\x0f"), "businessCategory" },
	{ TEXT("\x55\x04\x11"), "postalCode" },
	{ TEXT("\x55\x04\x29"), "name" },
	{ TEXT("\x55\x04\x2a"), "GN" },
	{ TEXT("\x55\x04\x2b"), "initials" },
	{ TEXT("\x55\x04\x2c"), "generationQualifier" },
	{ TEXT("\x55\x04\x2e"), "dnQualifier" },
	{ TEXT("\x55\x04\x41"), "pseudonym" },
	{ TEXT("\x55\x04\x61"), "organizationIdentifier" },
	{ TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), "emailAddress" },
	{ TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02"), "unstructuredName" },
	{ TEXT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), "UID" },
	{ TEXT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), "DC" },
	{ TEXT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01"), "jurisdictionLocalityName" },
	{ TEXT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02"), "jurisdictionStateOrProvinceName" },
	{ TEXT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03"), "jurisdictionCountryName" },
};

/* "CN=…" of one AttributeTypeAndValue. */
static void build_attribute(struct cursor pair, struct builder *to)
{
	struct cursor type = der_take(&pair, DER_OID), value;
	struct text oid = cursor_rest(&type);
	const char *name = NULL;
	char dotted[DER_OID_TEXT];
	unsigned tag;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes && !name; i++)
		if (text_equal(attributes[i].oid, oid))
			name = attributes[i].name;
	build_text(to, text_of(name ? name : der_oid_format(oid, dotted)));
	build_char(to, '=');
	if (der_next(&pair, &tag, &value))
		der_string(tag, cursor_rest(&value), to);
}

void certificate_name(struct cursor name, struct builder *to)
{
	unsigned tag;
	struct cursor set, pair;
	for (bool first_set = true; der_next(&name, &tag, &set); first_set = false) {
		if (!first_set)
			build_text(to, TEXT(", "));
		for (bool first = true; der_next(&set, &tag, &pair); first = false) {
			if (!first)
				build_text(to, TEXT(" + "));
			build_attribute(pair, to);
		}
	}
}

void certificate_serial(struct text serial, struct builder *to)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < serial.size; i++) {
		if (i > 0)
			build_char(to, ':');
		build_char(to, digits[serial.at[i] >> 4 & 15]);
		build_char(to, digits[serial.at[i] & 15]);
	}
}

/* ── alternative names ─ */

enum { GENERAL_NAME_DNS = DER_PRIMITIVE(2), GENERAL_NAME_ADDRESS = DER_PRIMITIVE(7) };

static void build_address(struct text bytes, struct builder *to)
{
	struct address address = { { 0 } };
	char text[ADDRESS_TEXT];
	if (bytes.size == 16) {
		memcpy(address.bytes, bytes.at, 16);
	} else if (bytes.size == 4) {
		memset(address.bytes + 10, 0xff, 2);
		memcpy(address.bytes + 12, bytes.at, 4);
	}
	build_text(to, text_of(address_format(address, text)));
}

bool certificate_alternative(struct cursor *names, struct builder *to)
{
	unsigned tag;
	struct cursor content;
	while (der_next(names, &tag, &content)) {
		builder_clear(to);
		if (tag == GENERAL_NAME_DNS)
			build_text(to, cursor_rest(&content));
		else if (tag == GENERAL_NAME_ADDRESS)
			build_address(cursor_rest(&content), to);
		if (to->size > 0)
			return true;
	}
	return false;
}

/* RFC 5280 4.1: Extension ::= SEQUENCE { OID, BOOLEAN DEFAULT FALSE, OCTET STRING }. */
static void find_alternatives(struct certificate *certificate, struct cursor extensions)
{
	static const struct text subject_alternative = TEXT("\x55\x1d\x11");
	unsigned tag;
	struct cursor extension;
	while (der_next(&extensions, &tag, &extension)) {
		struct cursor type = der_take(&extension, DER_OID), critical;
		if (!text_equal(cursor_rest(&type), subject_alternative))
			continue;
		der_optional(&extension, DER_BOOLEAN, &critical);
		struct cursor value = der_take(&extension, DER_OCTET_STRING), names = der_take(&value, DER_SEQUENCE);
		if (!names.failed)
			certificate->names = names;
		return;
	}
}

/* ── the certificate ─ */

static void read_time(struct cursor *validity, char to[static DER_TIME_TEXT])
{
	unsigned tag;
	struct cursor content;
	to[0] = '\0';
	if (der_next(validity, &tag, &content))
		der_time(tag, cursor_rest(&content), to);
}

/* A SEQUENCE, also one that claims to be primitive: OpenSSL takes such names. */
static struct cursor take_name(struct cursor *from)
{
	enum { CONSTRUCTED = 0x20 };
	struct cursor name;
	return der_optional(from, DER_SEQUENCE & ~CONSTRUCTED, &name) ? name : der_take(from, DER_SEQUENCE);
}

bool certificate_read(struct certificate *certificate, struct text der)
{
	*certificate = (struct certificate){ .der = der };
	struct cursor all = cursor_of_text(der), part;
	struct cursor outer = der_take(&all, DER_SEQUENCE), body = der_take(&outer, DER_SEQUENCE);
	der_optional(&body, DER_CONTEXT(0), &part); /* version */
	part = der_take(&body, DER_INTEGER);
	certificate->serial = cursor_rest(&part);
	der_take(&body, DER_SEQUENCE); /* signature algorithm */
	certificate->issuer = take_name(&body);
	struct cursor validity = der_take(&body, DER_SEQUENCE);
	read_time(&validity, certificate->not_before);
	read_time(&validity, certificate->not_after);
	certificate->subject = take_name(&body);
	bool good = !body.failed;
	der_take(&body, DER_SEQUENCE);                /* public key */
	der_optional(&body, DER_PRIMITIVE(1), &part); /* issuer's and subject's unique ids */
	der_optional(&body, DER_PRIMITIVE(2), &part);
	if (der_optional(&body, DER_CONTEXT(3), &part))
		find_alternatives(certificate, der_take(&part, DER_SEQUENCE));
	return good;
}
