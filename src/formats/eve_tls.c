/*
 * EVE records of TLS handshakes. Of certificates stand the leaf's facts, not their bytes.
 */
#include "formats/eve_writers.h"
#include "net/tls.h"

/* "8f:51:12", as Suricata has fingerprints. */
static void write_fingerprint(struct builder *to, const char *hex)
{
	char text[3 * 20];
	size_t size = 0;
	for (; hex[0] && hex[1] && size + 3 <= sizeof text; hex += 2) {
		if (size > 0)
			text[size++] = ':';
		text[size++] = hex[0];
		text[size++] = hex[1];
	}
	eve_text(to, "fingerprint", (struct text){ text, size });
}

/* The schema knows years 1000 to 2999; a certificate that "does not expire" (9999) has no such member. */
static void write_date(struct builder *to, const char *name, const char *date)
{
	if (date[0] == '1' || date[0] == '2')
		eve_text(to, name, text_of(date));
}

static void write_chain(struct builder *to, const struct tls_chain *chain)
{
	const struct certificate *leaf = &chain->certificates[0];
	struct cursor names = leaf->names;
	struct builder name = { 0 };
	eve_text(to, "subject", chain->subject);
	eve_text(to, "issuerdn", chain->issuer);
	eve_text(to, "serial", chain->serial);
	write_fingerprint(to, chain->sha1);
	write_date(to, "notbefore", leaf->not_before);
	write_date(to, "notafter", leaf->not_after);
	size_t opened = eve_array(to, "subjectaltname");
	while (certificate_alternative(&names, &name))
		eve_string(to, NULL, (struct text){ name.at, name.size });
	eve_array_end(to, opened);
	builder_free(&name);
}

static void write_names(struct builder *to, const char *member, struct cursor names)
{
	size_t opened = eve_array(to, member);
	while (names.left > 0) {
		struct cursor name = cursor_part8(&names);
		if (!name.failed)
			eve_string(to, NULL, cursor_rest(&name));
	}
	eve_array_end(to, opened);
}

static void write_ja3(struct builder *to, const char *member, const char *hash, struct text string)
{
	if (string.size == 0)
		return;
	eve_object(to, member);
	eve_text(to, "hash", text_of(hash));
	eve_text(to, "string", string);
	eve_object_end(to);
}

static void write_tls(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct tls_handshake *fact = facts;
	char version[TLS_VERSION_TEXT];
	(void)dissection, (void)side;
	eve_object(to, "tls");
	if (fact->chains[SIDE_SERVER].count > 0)
		write_chain(to, &fact->chains[SIDE_SERVER]);
	if (fact->resumed)
		eve_true(to, "session_resumed");
	eve_text(to, "sni", fact->server_name);
	eve_text(to, "version", text_of(fact->version ? tls_version_format(fact->version, version) : "UNDETERMINED"));
	write_ja3(to, "ja3", fact->ja3_hash, fact->ja3);
	write_ja3(to, "ja3s", fact->ja3s_hash, fact->ja3s);
	eve_text(to, "ja4", text_of(fact->ja4));
	write_names(to, "client_alpns", fact->client.alpn);
	write_names(to, "server_alpns", fact->server.alpn);
	if (fact->chains[SIDE_CLIENT].count > 0) {
		eve_object(to, "client");
		write_chain(to, &fact->chains[SIDE_CLIENT]);
		eve_object_end(to);
	}
	eve_object_end(to);
}

const struct eve_writer eve_tls = { PROTOCOL_TLS, "tls", write_tls };
