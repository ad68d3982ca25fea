/*
 * EVE records of QUIC hellos: one of the client's, one of the server's.
 */
#include "formats/eve_writers.h"
#include "net/quic.h"

#include <stdio.h>

static void write_fingerprint(struct builder *to, const char *member, const char *hash, struct text string)
{
	eve_object(to, member);
	eve_text(to, "hash", text_of(hash));
	eve_text(to, "string", string);
	eve_object_end(to);
}

/* Types of extensions in their order. */
static void write_extensions(struct builder *to, struct cursor extensions)
{
	uint16_t type;
	struct cursor body;
	size_t opened = eve_array(to, "extensions");
	while (tls_extension_next(&extensions, &type, &body)) {
		eve_object(to, NULL);
		eve_number(to, "type", type);
		eve_object_end(to);
	}
	eve_array_end(to, opened);
}

static void write_quic(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct quic_hello *fact = facts;
	char version[QUIC_VERSION_TEXT];
	(void)dissection;
	eve_object(to, "quic");
	eve_text(to, "version", text_of(quic_version_format(fact->version, version)));
	eve_text(to, "sni", fact->server_name);
	eve_text(to, "ua", fact->user_agent);
	if (fact->cyu.size > 0) {
		size_t opened = eve_array(to, "cyu");
		write_fingerprint(to, NULL, fact->cyu_hash, fact->cyu);
		eve_array_end(to, opened);
	}
	if (fact->ja3.size > 0)
		write_fingerprint(to, side == SIDE_CLIENT ? "ja3" : "ja3s", fact->ja3_hash, fact->ja3);
	eve_text(to, "ja4", text_of(fact->ja4));
	write_extensions(to, fact->tls.extensions);
	eve_object_end(to);
}

const struct eve_writer eve_quic = { PROTOCOL_QUIC, "quic", write_quic };
