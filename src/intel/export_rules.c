/*
 * Rules of Suricata, one or more for each value. They raise alerts, or drop where that was asked for.
 * Sources: Suricata's user guide, "Rules Format", "DNS Keywords", "SSL/TLS Keywords", "HTTP Keywords".
 */
#include "intel/export_inner.h"

#include <stdio.h>

/* Within quotation marks of `content`: everything that is not plain stands as a byte. */
static void build_content(struct builder *to, struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		bool plain = c > ' ' && c < 0x7f && !strchr("\"\\;:|", c);
		if (plain)
			build_char(to, (char)c);
		else
			build_format(to, "|%02X|", c);
	}
}

static void begin(struct exporting *exporting, const char *head, struct text value)
{
	build_format(&exporting->text, "%s %s (msg:\"Noroshi: ", exporting->options.drop ? "drop" : "alert", head);
	for (size_t i = 0; i < value.size && i < 100; i++) {
		char c = value.at[i];
		build_char(&exporting->text, c > ' ' && c < 0x7f && !strchr("\"\\;:|", c) ? c : ' ');
	}
	build_text(&exporting->text, TEXT("\"; "));
}

static void content(struct exporting *exporting, const char *buffer, struct text value, const char *behind)
{
	build_format(&exporting->text, "%s; content:\"", buffer);
	build_content(&exporting->text, value);
	build_format(&exporting->text, "\"; %s", behind);
}

/* "metadata" has words with commas between; none of these has one. */
static void finish(struct exporting *exporting, const struct item *item)
{
	char until[TIME_TEXT];
	struct builder *to = &exporting->text;
	build_format(to, "sid:%u; rev:1; metadata:", exporting->sid++);
	if (!exporting->options.unmarked)
		build_format(to, "tlp %s, ", tlp_code(item->tlp));
	if (item->pap)
		build_format(to, "pap %s, ", pap_code(item->pap));
	if (item->valid_until.when && item->valid_until.when < ITEM_TIME_LAST)
		build_format(to, "valid_until %.10s, ", time_format(item->valid_until.when, until));
	build_format(to, "item %.*s;)\n", (int)item->id.size, item->id.at);
}

static void name_rules(struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text name)
{
	static const struct {
		const char *head, *buffer;
	} places[] = {
		{ "dns any any -> any any", "dns.query" },
		{ "tls any any -> any any", "tls.sni" },
		{ "http any any -> any any", "http.host" },
	};
	char all[INDICATOR_TEXT + 1] = ".", sized[64];
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		/* http.host is in lower case already, and refuses `nocase` */
		const char *nocase = i == 2 ? "" : "nocase; ";
		begin(exporting, places[i].head, name);
		if (kind == INDICATOR_DOMAIN) {
			char buffer[64];
			text_copy(name, all + 1, sizeof all - 1);
			snprintf(buffer, sizeof buffer, "%s; dotprefix", places[i].buffer);
			snprintf(sized, sizeof sized, "%sendswith; ", nocase);
			content(exporting, buffer, text_of(all), sized);
		} else {
			snprintf(sized, sizeof sized, "%sbsize:%zu; ", nocase, name.size);
			content(exporting, places[i].buffer, name, sized);
		}
		finish(exporting, item);
	}
}

static bool url_rule(struct exporting *exporting, const struct item *item, struct text url)
{
	struct text rest = url;
	char sized[32];
	ptrdiff_t scheme = text_find(rest, TEXT("://"));
	if (scheme >= 0 && !text_starts(rest, TEXT("http://")))
		return false; /* nobody sees the path */
	if (scheme >= 0)
		rest = (struct text){ rest.at + scheme + 3, rest.size - (size_t)scheme - 3 };
	struct text host = rest;
	const char *slash = rest.size ? memchr(rest.at, '/', rest.size) : NULL;
	host.size = slash ? (size_t)(slash - rest.at) : rest.size;
	struct text path = slash ? (struct text){ slash, rest.size - host.size } : TEXT("/");
	if (memchr(host.at, ':', host.size))
		return false; /* http.host has no port, http.host.raw is as the client wrote it */
	snprintf(sized, sizeof sized, "bsize:%zu; ", host.size);
	begin(exporting, "http any any -> any any", url);
	content(exporting, "http.host", host, sized);
	content(exporting, "http.uri", path, "startswith; ");
	finish(exporting, item);
	return true;
}

static bool fingerprint_rule(
    struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value)
{
	static const struct {
		enum indicator_kind kind;
		const char *head, *buffer;
	} places[] = {
		{ INDICATOR_JA3, "tls any any -> any any", "ja3.hash" },
		{ INDICATOR_JA3S, "tls any any -> any any", "ja3s.hash" },
		{ INDICATOR_HASSH, "ssh any any -> any any", "ssh.hassh" },
		{ INDICATOR_HASSH_SERVER, "ssh any any -> any any", "ssh.hassh.server" },
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (places[i].kind != kind)
			continue;
		begin(exporting, places[i].head, value);
		content(exporting, places[i].buffer, value, "");
		finish(exporting, item);
		return true;
	}
	return false;
}

/* "aa:bb:…" */
static void certificate_rule(struct exporting *exporting, const struct item *item, struct text digest)
{
	struct builder with = { 0 };
	for (size_t i = 0; i < digest.size; i++) {
		if (i && i % 2 == 0)
			build_char(&with, ':');
		build_char(&with, digest.at[i]);
	}
	begin(exporting, "tls any any -> any any", digest);
	content(exporting, "tls.cert_fingerprint", (struct text){ with.at, with.size }, "");
	finish(exporting, item);
	exporting->failed |= with.failed;
	builder_free(&with);
}

static bool rule_value(
    struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value)
{
	char head[INDICATOR_TEXT + 32];
	switch (kind) {
	case INDICATOR_ADDRESS:
		snprintf(head, sizeof head, "ip any any <> [%.*s] any", (int)value.size, value.at);
		begin(exporting, head, value);
		finish(exporting, item);
		return true;
	case INDICATOR_DOMAIN:
	case INDICATOR_HOSTNAME:
		name_rules(exporting, item, kind, value);
		return true;
	case INDICATOR_URL:
		return url_rule(exporting, item, value);
	case INDICATOR_CERTIFICATE_SHA1:
		certificate_rule(exporting, item, value);
		return true;
	default:
		return fingerprint_rule(exporting, item, kind, value);
	}
}

const struct export_format export_suricata = { .name = "suricata", .pap = PAP_AMBER, .value = rule_value };
