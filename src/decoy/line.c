/*
 * A session as a line of EVE; see line.h.
 */
#include "decoy/line.h"

#include "base/base64.h"
#include "base/hash.h"
#include "decoy/vault.h"

#include <inttypes.h>
#include <stdlib.h>

static void build_member(struct builder *to, const char *name, struct text value)
{
	build_format(to, ",\"%s\":", name);
	build_json_string(to, value);
}

/* The first fact of a kind; empty: there is none. */
static struct text first_of(const struct report *report, enum fact kind)
{
	struct reader facts = reader_of(report->facts.at, report->facts.size);
	struct fact_text fact;
	while (report_fact(&facts, &fact))
		if (fact.kind == kind)
			return fact.first;
	return TEXT_NONE;
}

static bool has(const struct report *report, enum fact kind)
{
	struct reader facts = reader_of(report->facts.at, report->facts.size);
	struct fact_text fact;
	while (report_fact(&facts, &fact))
		if (fact.kind == kind)
			return true;
	return false;
}

/* ── lists ─ */

typedef void (*build_item)(const struct line_more *more, const struct fact_text *fact, struct builder *to);

static void build_text_item(const struct line_more *more, const struct fact_text *fact, struct builder *to)
{
	(void)more;
	build_json_string(to, fact->first);
}

static void build_credential(const struct line_more *more, const struct fact_text *fact, struct builder *to)
{
	char mark[VAULT_MARK];
	build_text(to, TEXT("{\"name\":"));
	build_json_string(to, fact->first);
	if (more->marks) {
		vault_mark(more->marks, fact->second, mark);
		build_member(to, "mark", text_of(mark));
	}
	build_char(to, '}');
}

static void build_header(const struct line_more *more, const struct fact_text *fact, struct builder *to)
{
	(void)more;
	build_text(to, TEXT("{\"name\":"));
	build_json_string(to, fact->first);
	build_member(to, "value", fact->second);
	build_char(to, '}');
}

static void build_list(const struct report *report, const struct line_more *more, enum fact kind, const char *name,
    build_item item, struct builder *to)
{
	struct reader facts = reader_of(report->facts.at, report->facts.size);
	struct fact_text fact;
	bool any = false;
	while (report_fact(&facts, &fact)) {
		if (fact.kind != kind)
			continue;
		if (any)
			build_char(to, ',');
		else
			build_format(to, ",\"%s\":[", name);
		any = true;
		item(more, &fact, to);
	}
	if (any)
		build_char(to, ']');
}

/* ── */

/* By number - 1 (docs/formats/decoy-lines.md). */
static const char *const signatures[] = { "Decoy: download", "Decoy: login", "Decoy: attempt", "Decoy: connection" };

static unsigned signature_of(const struct report *report)
{
	if (has(report, FACT_URL))
		return 1;
	if (has(report, FACT_CREDENTIAL))
		return 2;
	return report->received ? 3 : 4;
}

static void build_http(const struct report *report, const struct line_more *more, struct builder *to)
{
	if (!has(report, FACT_METHOD))
		return;
	build_text(to, TEXT(",\"http\":{\"http_method\":"));
	build_json_string(to, first_of(report, FACT_METHOD));
	build_member(to, "url", first_of(report, FACT_PATH));
	if (has(report, FACT_CLIENT))
		build_member(to, "http_user_agent", first_of(report, FACT_CLIENT));
	build_list(report, more, FACT_HEADER, "request_headers", build_header, to);
	build_char(to, '}');
}

static void build_decoy(const struct report *report, const struct line_more *more, struct builder *to)
{
	build_text(to, TEXT(",\"decoy\":{\"what\":\"session\""));
	build_member(to, "service", text_of(more->service));
	build_member(to, "session", text_of(more->session));
	build_member(to, "ended", text_of(session_end_code(report->end)));
	build_format(to, ",\"seconds\":%.3f,\"received\":%" PRIu32 ",\"sent\":%" PRIu32,
	    (double)(report->ended - report->begun) / (double)SECOND, report->received, report->sent);
	if (!has(report, FACT_METHOD) && has(report, FACT_CLIENT))
		build_member(to, "client", first_of(report, FACT_CLIENT));
	if (has(report, FACT_HASSH))
		build_member(to, "hassh", first_of(report, FACT_HASSH));
	build_list(report, more, FACT_CREDENTIAL, "credentials", build_credential, to);
	build_list(report, more, FACT_COMMAND, "commands", build_text_item, to);
	build_list(report, more, FACT_URL, "urls", build_text_item, to);
	if (more->payload_sha256) {
		build_member(to, "payload_sha256", text_of(more->payload_sha256));
		build_format(
		    to, ",\"payload_size\":%zu,\"sample\":%s", report->payload.size, more->sample ? "true" : "false");
	}
	if (report->left_out)
		build_format(to, ",\"left_out\":%" PRIu32, report->left_out);
	if (report->refused)
		build_format(to, ",\"refused\":%" PRIu64, report->refused);
	build_char(to, '}');
}

void line_write(const struct report *report, const struct line_more *more, struct builder *to)
{
	char time[TIME_TEXT], source[ADDRESS_TEXT];
	bool tried = has(report, FACT_URL) || has(report, FACT_CREDENTIAL) || has(report, FACT_COMMAND);
	unsigned signature = signature_of(report);
	build_format(to, "{\"timestamp\":\"%s\",\"event_type\":\"alert\",\"src_ip\":\"%s\"",
	    time_format_micro(report->begun, time), address_format(report->source, source));
	build_format(to, ",\"src_port\":%u,\"dest_port\":%u,\"proto\":\"%s\"", report->port, more->dest_port,
	    more->datagram ? "UDP" : "TCP");
	build_format(
	    to, ",\"alert\":{\"action\":\"allowed\",\"gid\":%u,\"signature_id\":%u,\"rev\":1", DECOY_GID, signature);
	build_member(to, "signature", text_of(signatures[signature - 1]));
	build_member(to, "category", tried ? TEXT("Attempted intrusion") : TEXT("Network scan"));
	build_format(to, ",\"severity\":%d}", tried ? 2 : 3);
	build_http(report, more, to);
	build_decoy(report, more, to);
	build_text(to, TEXT("}\n"));
}

enum error line_passwords(const struct report *report, const struct line_more *more, const uint8_t *public_key,
    struct builder *to, struct failure *failure)
{
	struct reader facts = reader_of(report->facts.at, report->facts.size);
	struct fact_text fact;
	struct builder sealed = { 0 };
	unsigned number = 0;
	enum error error = OK;
	while (!error && report_fact(&facts, &fact)) {
		if (fact.kind != FACT_CREDENTIAL)
			continue;
		builder_clear(&sealed);
		error = vault_seal(public_key, fact.second, &sealed, failure);
		char *text = error ? NULL : malloc(BASE64_SIZE(sealed.size));
		if (!text)
			break;
		build_format(to, "{\"session\":\"%s\",\"number\":%u,\"sealed\":\"%s\"}\n", more->session, number++,
		    base64_format(sealed.at, sealed.size, text));
		free(text);
	}
	builder_free(&sealed);
	return error;
}
