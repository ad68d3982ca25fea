/*
 * Keeps the messages of a handshake and makes the fact of them.
 */
#include "net/tls_keep.h"

#include "base/hash.h"
#include "net/tls_record.h"

#include <stdlib.h>
#include <string.h>

/* ── keeping ─ */

static void kept_free(struct tls_kept *kept)
{
	free(kept->bytes);
	*kept = (struct tls_kept){ NULL, 0 };
}

static void kept_set(struct tls_kept *kept, struct cursor body, size_t largest)
{
	struct text text = cursor_rest(&body);
	kept_free(kept);
	if (text.size == 0 || text.size > largest || !(kept->bytes = malloc(text.size)))
		return;
	memcpy(kept->bytes, text.at, text.size);
	kept->size = (uint32_t)text.size;
}

static struct cursor kept_body(const struct tls_kept *kept)
{
	return cursor_of(kept->bytes, kept->size);
}

bool tls_keep_wants(unsigned type)
{
	return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO || type == TLS_CERTIFICATE ||
	       type == TLS_SERVER_HELLO_DONE;
}

/* The second hello of a client that was asked to try again says the same but for the key share: the first counts, as
 * for everyone who computes fingerprints. */
static void keep_client_hello(struct dissection *dissection, struct tls_keep *keep, struct cursor body)
{
	struct tls_hello hello;
	if (!tls_client_hello_read(&hello, body, keep->datagram))
		dissection_anomaly(dissection, SIDE_CLIENT, "invalid_client_hello");
	if (!keep->hello[SIDE_CLIENT].bytes)
		kept_set(&keep->hello[SIDE_CLIENT], body, TLS_HELLO_LARGEST);
}

static void keep_server_hello(struct dissection *dissection, struct tls_keep *keep, struct cursor body)
{
	struct tls_hello hello;
	if (!tls_server_hello_read(&hello, body))
		dissection_anomaly(dissection, SIDE_SERVER, "invalid_server_hello");
	keep->retried = hello.retries;
	keep->version = hello.version;
	keep->resumed = hello.resumes;
	kept_set(&keep->hello[SIDE_SERVER], body, TLS_HELLO_LARGEST);
}

void tls_keep_encrypted(struct dissection *dissection, struct tls_keep *keep, enum side side)
{
	if (side == SIDE_SERVER && keep->version && !tls_is_1_3(keep->version) && !keep->hello_done)
		keep->resumed = true; /* no key exchange: RFC 5246 7.3, figure 2 */
	keep->encrypted[side] = true;
	if (keep->encrypted[OTHER_SIDE(side)])
		tls_keep_emit(dissection, keep);
}

void tls_keep_message(
    struct dissection *dissection, struct tls_keep *keep, enum side side, unsigned type, struct cursor body)
{
	if (type == TLS_CLIENT_HELLO)
		keep_client_hello(dissection, keep, body);
	else if (type == TLS_SERVER_HELLO)
		keep_server_hello(dissection, keep, body);
	else if (type == TLS_SERVER_HELLO_DONE)
		keep->hello_done = true;
	else if (type == TLS_CERTIFICATE && !keep->certificate[side].bytes)
		kept_set(&keep->certificate[side], body, TLS_CERTIFICATE_LARGEST);
	bool chosen = type == TLS_SERVER_HELLO && !keep->retried;
	if (chosen && tls_is_1_3(keep->version) && keep->hello[SIDE_CLIENT].bytes)
		tls_keep_emit(dissection, keep);
}

void tls_keep_ssl2(struct dissection *dissection, struct tls_keep *keep, struct cursor body)
{
	struct tls_hello hello;
	if (!tls_ssl2_hello_read(&hello, body))
		dissection_anomaly(dissection, SIDE_CLIENT, "invalid_sslv2_header");
	keep->ssl2 = true;
	kept_set(&keep->hello[SIDE_CLIENT], body, TLS_HELLO_LARGEST);
}

void tls_keep_free(struct tls_keep *keep)
{
	for (int side = 0; side < 2; side++) {
		kept_free(&keep->hello[side]);
		kept_free(&keep->certificate[side]);
	}
}

/* ── the fact ─ */

/* RFC 5246 7.4.2: a list of certificates with 24-bit lengths. */
static void read_chain(struct dissection *dissection, enum side side, struct cursor body, struct tls_chain *chain)
{
	struct cursor list = cursor_part24(&body);
	while (list.left > 0 && chain->count < TLS_CHAIN_MOST) {
		struct cursor der = cursor_part24(&list);
		if (der.failed || !certificate_read(&chain->certificates[chain->count], cursor_rest(&der)))
			break;
		chain->count++;
	}
	if (list.failed || (list.left > 0 && chain->count < TLS_CHAIN_MOST))
		dissection_anomaly(dissection, side, "invalid_certificate");
}

/* A text that is being put behind others in a builder, whose memory may move: known by its place until all are in. */
struct place {
	size_t from, size;
};

static struct place place_end(const struct builder *texts, size_t from)
{
	return (struct place){ from, texts->size - from };
}

static struct text place_text(const struct builder *texts, struct place place)
{
	return texts->failed ? TEXT_NONE : (struct text){ texts->at + place.from, place.size };
}

static void fill_chain(struct tls_chain *chain, struct builder *texts)
{
	if (chain->count == 0)
		return;
	const struct certificate *leaf = &chain->certificates[0];
	uint8_t digest[32];
	sha256(leaf->der.at, leaf->der.size, digest);
	hex_format(digest, 32, chain->sha256);
	sha1(leaf->der.at, leaf->der.size, digest);
	hex_format(digest, 20, chain->sha1);
	certificate_name(leaf->subject, texts);
	struct place subject = place_end(texts, 0);
	certificate_name(leaf->issuer, texts);
	struct place issuer = place_end(texts, subject.size);
	certificate_serial(leaf->serial, texts);
	struct place serial = place_end(texts, subject.size + issuer.size);
	chain->subject = place_text(texts, subject);
	chain->issuer = place_text(texts, issuer);
	chain->serial = place_text(texts, serial);
}

static struct text built(const struct builder *builder)
{
	return (struct text){ builder->at, builder->failed ? 0 : builder->size };
}

static void fill_client(struct tls_handshake *fact, const struct tls_keep *keep, struct builder *texts)
{
	struct cursor body = kept_body(&keep->hello[SIDE_CLIENT]);
	fact->has_client = true;
	if (keep->ssl2)
		tls_ssl2_hello_read(&fact->client, body);
	else
		tls_client_hello_read(&fact->client, body, keep->datagram);
	fact->version = fact->client.version;
	fact->server_name = fact->client.server_name;
	if (text_ends(fact->server_name, TEXT(".")))
		fact->server_name.size--;
	if (keep->ssl2)
		return;
	ja3_string(&fact->client, texts);
	fact->ja3 = built(texts);
	ja3_hash(fact->ja3, fact->ja3_hash);
	ja4_format(&fact->client, keep->datagram ? JA4_DTLS : JA4_TLS, fact->ja4);
}

static void fill_server(struct tls_handshake *fact, const struct tls_keep *keep, struct builder *texts)
{
	fact->has_server = true;
	tls_server_hello_read(&fact->server, kept_body(&keep->hello[SIDE_SERVER]));
	ja3s_string(&fact->server, texts);
	fact->ja3s = built(texts);
	ja3_hash(fact->ja3s, fact->ja3s_hash);
}

void tls_keep_emit(struct dissection *dissection, struct tls_keep *keep)
{
	struct tls_handshake fact = { .resumed = keep->resumed };
	struct builder texts[4] = { 0 }; /* JA3, JA3S, names of either side's leaf */
	bool certified = keep->certificate[SIDE_CLIENT].bytes || keep->certificate[SIDE_SERVER].bytes;
	if (keep->emitted)
		return;
	if (keep->hello[SIDE_CLIENT].bytes)
		fill_client(&fact, keep, &texts[0]);
	if (keep->hello[SIDE_SERVER].bytes)
		fill_server(&fact, keep, &texts[1]);
	for (int side = 0; side < 2; side++)
		if (keep->certificate[side].bytes) {
			read_chain(dissection, side, kept_body(&keep->certificate[side]), &fact.chains[side]);
			fill_chain(&fact.chains[side], &texts[2 + side]);
		}
	if (keep->version)
		fact.version = keep->version;
	if (fact.has_client || fact.has_server || certified) {
		dissection_emit(dissection, SIDE_CLIENT, &fact);
		keep->emitted = true;
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		builder_free(&texts[i]);
	tls_keep_free(keep);
}

/* ── fields ─ */

static void visit_text(field_visitor visit, void *context, enum field field, struct text value)
{
	if (value.size > 0)
		visit(context, field, value);
}

static void visit_chain(const struct tls_chain *chain, field_visitor visit, void *context)
{
	if (chain->count == 0)
		return;
	struct builder name = { 0 };
	struct cursor names = chain->certificates[0].names;
	visit_text(visit, context, FIELD_TLS_CERTIFICATE, text_of(chain->sha256));
	visit_text(visit, context, FIELD_TLS_CERTIFICATE_SHA1, text_of(chain->sha1));
	visit_text(visit, context, FIELD_TLS_SUBJECT, chain->subject);
	visit_text(visit, context, FIELD_TLS_ISSUER, chain->issuer);
	visit_text(visit, context, FIELD_TLS_SERIAL, chain->serial);
	while (certificate_alternative(&names, &name))
		visit_text(visit, context, FIELD_TLS_NAME, (struct text){ name.at, name.size });
	builder_free(&name);
}

void tls_fields(const void *facts, field_visitor visit, void *context)
{
	const struct tls_handshake *fact = facts;
	visit_text(visit, context, FIELD_TLS_SNI, fact->server_name);
	visit_text(visit, context, FIELD_TLS_JA3, text_of(fact->ja3_hash));
	visit_text(visit, context, FIELD_TLS_JA3S, text_of(fact->ja3s_hash));
	visit_text(visit, context, FIELD_TLS_JA4, text_of(fact->ja4));
	visit_chain(&fact->chains[SIDE_SERVER], visit, context);
	visit_chain(&fact->chains[SIDE_CLIENT], visit, context);
}
