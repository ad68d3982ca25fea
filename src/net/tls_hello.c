/*
 * Reads ClientHello and ServerHello. What flows in is the body of one handshake message, whole; TLS, DTLS and QUIC put
 * it together each in its way.
 */
#include "net/tls_hello.h"

#include <stdio.h>
#include <string.h>

/* RFC 8446 4.1.3: the random of a ServerHello that asks for another ClientHello. */
static const uint8_t retry_random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e,
	0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33,
	0x9c };

bool tls_extension_next(struct cursor *extensions, uint16_t *type, struct cursor *body)
{
	if (extensions->left == 0)
		return false;
	*type = cursor_u16(extensions);
	*body = cursor_part16(extensions);
	return !extensions->failed;
}

static bool read_server_name(struct tls_hello *hello, struct cursor body)
{
	hello->has_server_name = true;
	struct cursor list = cursor_part16(&body);
	while (list.left > 0) {
		uint8_t type = cursor_u8(&list);
		struct cursor name = cursor_part16(&list);
		if (type == 0 && !name.failed && hello->server_name.size == 0)
			hello->server_name = cursor_rest(&name);
	}
	return !list.failed;
}

/* The highest number, as JA4 has it; servers send one without a list. */
static void read_versions(struct tls_hello *hello, struct cursor list)
{
	uint16_t highest = 0;
	while (list.left >= 2) {
		uint16_t version = cursor_u16(&list);
		if (!tls_is_grease(version) && version > highest)
			highest = version;
	}
	if (highest)
		hello->version = highest;
}

static bool read_extension(struct tls_hello *hello, uint16_t type, struct cursor body, bool client)
{
	switch (type) {
	case TLS_EXTENSION_SERVER_NAME:
		return !client || read_server_name(hello, body);
	case TLS_EXTENSION_ALPN:
		hello->has_alpn = true;
		hello->alpn = cursor_part16(&body);
		return !hello->alpn.failed;
	case TLS_EXTENSION_GROUPS:
		hello->groups = cursor_part16(&body);
		return !hello->groups.failed;
	case TLS_EXTENSION_POINT_FORMATS:
		hello->formats = cursor_part8(&body);
		return !hello->formats.failed;
	case TLS_EXTENSION_SIGNATURES:
		hello->signatures = cursor_part16(&body);
		return !hello->signatures.failed;
	case TLS_EXTENSION_VERSIONS:
		read_versions(hello, client ? cursor_part8(&body) : body);
		return !body.failed;
	case TLS_EXTENSION_PRE_SHARED_KEY:
		hello->resumes = !client;
		return true;
	default:
		return true;
	}
}

/* What follows the fixed part: nothing (before RFC 3546), or a list of extensions. */
static bool read_extensions(struct tls_hello *hello, struct cursor *body, bool client)
{
	if (body->failed)
		return false;
	if (body->left == 0)
		return true;
	hello->extensions = cursor_part16(body);
	struct cursor list = hello->extensions, part;
	uint16_t type;
	bool good = !list.failed;
	while (tls_extension_next(&list, &type, &part))
		good &= read_extension(hello, type, part, client);
	return good && !list.failed;
}

bool tls_client_hello_read(struct tls_hello *hello, struct cursor body, bool datagram)
{
	*hello = (struct tls_hello){ .legacy_version = cursor_u16(&body) };
	hello->version = hello->legacy_version;
	cursor_skip(&body, 32);
	struct cursor session = cursor_part8(&body);
	hello->session = cursor_rest(&session);
	if (datagram)
		cursor_part8(&body); /* cookie */
	hello->ciphers = cursor_part16(&body);
	cursor_part8(&body); /* compression methods */
	return read_extensions(hello, &body, true);
}

bool tls_server_hello_read(struct tls_hello *hello, struct cursor body)
{
	*hello = (struct tls_hello){ .legacy_version = cursor_u16(&body) };
	hello->version = hello->legacy_version;
	const uint8_t *random = cursor_bytes(&body, 32);
	hello->retries = random && memcmp(random, retry_random, 32) == 0;
	/* The drafts of TLS 1.3 before the 22nd had neither session id nor compression method. */
	bool draft = hello->legacy_version >> 8 == 0x7f && (hello->legacy_version & 0xff) < 22;
	if (!draft) {
		struct cursor session = cursor_part8(&body);
		hello->session = cursor_rest(&session);
	}
	hello->ciphers = cursor_part(&body, 2);
	if (!draft)
		cursor_skip(&body, 1);
	return read_extensions(hello, &body, false);
}

bool tls_ssl2_hello_read(struct tls_hello *hello, struct cursor body)
{
	*hello = (struct tls_hello){ .legacy_version = cursor_u16(&body), .is_ssl2 = true };
	hello->version = hello->legacy_version;
	uint16_t ciphers = cursor_u16(&body), session = cursor_u16(&body);
	cursor_skip(&body, 2); /* the length of the challenge */
	hello->ciphers = cursor_part(&body, ciphers);
	hello->session = cursor_text(&body, session);
	return !body.failed && ciphers % 3 == 0;
}

char *tls_version_format(uint16_t version, char to[static TLS_VERSION_TEXT])
{
	static const struct {
		uint16_t version;
		const char *name;
	} names[] = { { TLS_SSL2, "SSLv2" }, { TLS_SSL3, "SSLv3" }, { TLS_1_0, "TLSv1" }, { TLS_1_1, "TLS 1.1" },
		{ TLS_1_2, "TLS 1.2" }, { TLS_1_3, "TLS 1.3" }, { DTLS_1_0, "DTLS 1.0" }, { DTLS_1_2, "DTLS 1.2" },
		{ DTLS_1_3, "DTLS 1.3" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].version == version)
			return strcpy(to, names[i].name);
	if (version >> 8 == 0x7f && (version & 0xff) >= 14 && (version & 0xff) <= 28)
		snprintf(to, TLS_VERSION_TEXT, "TLS 1.3 draft-%d", version & 0xff);
	else
		snprintf(to, TLS_VERSION_TEXT, "0x%04x", version);
	return to;
}
