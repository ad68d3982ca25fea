/*
 * Single values as items and out of items; see observable.h.
 */
#include "intel/observable.h"

#include "base/hash.h"
#include "match/stix_pattern.h"

#include <string.h>

bool observable_holds(const struct item *item, nanoseconds now)
{
	bool begun = !item->valid_from.when || item->valid_from.when <= now;
	bool over = item->valid_until.when && item->valid_until.when <= now;
	return item->kind == ITEM_INDICATOR && !item->revoked && !item->false_positive && begun && !over;
}

enum error observables_tell(const struct item *item, struct arena *scratch, indicator_value_visitor visit,
    void *context, bool *told, struct failure *failure)
{
	struct stix_pattern pattern;
	*told = false;
	arena_clear(scratch);
	if (item->kind != ITEM_INDICATOR)
		return OK;
	if (item->form == ITEM_MISP_ATTRIBUTE) {
		*told = indicator_attribute_values(item->pattern_type, item->pattern, visit, context);
		return OK;
	}
	if (item->pattern_type.size && !text_equal(item->pattern_type, TEXT("stix")))
		return OK;
	enum error error = stix_pattern_read(item->pattern, scratch, &pattern, failure);
	if (!error)
		*told = stix_pattern_observables(&pattern, visit, context);
	return error;
}

/* By enum indicator_kind. Of a domain the name itself: STIX has no way to say "and all below it" but LIKE. */
static const struct {
	const char *path, *misp;
} names[INDICATOR_KINDS] = {
	[INDICATOR_ADDRESS] = { NULL, "ip-dst" },
	[INDICATOR_DOMAIN] = { "domain-name:value", "domain" },
	[INDICATOR_HOSTNAME] = { "domain-name:value", "hostname" },
	[INDICATOR_URL] = { "url:value", "url" },
	[INDICATOR_MD5] = { "file:hashes.MD5", "md5" },
	[INDICATOR_SHA1] = { "file:hashes.'SHA-1'", "sha1" },
	[INDICATOR_SHA256] = { "file:hashes.'SHA-256'", "sha256" },
	[INDICATOR_JA3] = { "network-traffic:extensions.'tls-ext'.ja3", "ja3-fingerprint-md5" },
	[INDICATOR_JA3S] = { NULL, "ja3s-fingerprint-md5" },
	[INDICATOR_JA4] = { NULL, "ja4" },
	[INDICATOR_HASSH] = { NULL, "hassh-md5" },
	[INDICATOR_HASSH_SERVER] = { NULL, "hasshserver-md5" },
	[INDICATOR_CERTIFICATE_SHA1] = { "x509-certificate:hashes.'SHA-1'", "x509-fingerprint-sha1" },
	[INDICATOR_CERTIFICATE_SHA256] = { "x509-certificate:hashes.'SHA-256'", "x509-fingerprint-sha256" },
	[INDICATOR_MAIL] = { "email-addr:value", "email" },
	[INDICATOR_SUBJECT] = { "email-message:subject", "email-subject" },
};

const char *observable_misp_type(enum indicator_kind kind)
{
	return names[kind].misp;
}

struct text observable_pattern(enum indicator_kind kind, struct text value, struct arena *arena)
{
	struct builder pattern = { 0 };
	const char *path = names[kind].path;
	if (kind == INDICATOR_ADDRESS)
		path = value.size && memchr(value.at, ':', value.size) ? "ipv6-addr:value" : "ipv4-addr:value";
	if (!path)
		return TEXT_NONE;
	build_format(&pattern, "[%s = '", path);
	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] == '\'' || value.at[i] == '\\')
			build_char(&pattern, '\\');
		build_char(&pattern, value.at[i]);
	}
	build_text(&pattern, TEXT("']"));
	struct text text = pattern.failed ? TEXT_NONE : arena_text(arena, (struct text){ pattern.at, pattern.size });
	builder_free(&pattern);
	return text;
}

struct text observable_uuid(struct text text, struct arena *arena)
{
	static const struct uuid space = { { 0x6e, 0x6f, 0x72, 0x6f, 0x73, 0x68, 0x69, 0x2d, 0x69, 0x74, 0x65, 0x6d,
	    0x2d, 0x69, 0x64, 0x31 } };
	char made[UUID_TEXT];
	uuid_format(uuid_derived(space, text.at, text.size), made);
	return arena_text(arena, text_of(made));
}

static struct text join(struct arena *arena, const char *first, struct text second)
{
	return arena_concat(arena, (struct text[]){ text_of(first), second }, 2);
}

bool observable_item(enum indicator_kind kind, struct text value, struct arena *arena, struct item *item)
{
	uint8_t form[INDICATOR_VALUE];
	char shown[INDICATOR_TEXT], type[40];
	size_t size = indicator_normalize(kind, value, form);
	if (!size)
		return false;
	struct text normal = text_of(indicator_format(kind, form, size, shown));
	text_copy(text_of(indicator_kind_name(kind)), type, sizeof type - 1);
	strcat(type, ":");
	struct text named = join(arena, type, normal);
	*item = (struct item){ .kind = ITEM_INDICATOR,
		.form = ITEM_MISP_ATTRIBUTE,
		.tlp = TLP_AMBER,
		.id = observable_uuid(named, arena),
		.type = text_of(names[kind].misp),
		.pattern_type = text_of(names[kind].misp),
		.pattern = arena_text(arena, normal),
		.kept = TEXT("{\"to_ids\":true}") };
	return item->id.at != NULL && item->pattern.at != NULL;
}
