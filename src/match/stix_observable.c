/*
 * Single observables of STIX patterns; see stix_pattern.h.
 */
#include "match/stix_inside.h"

#include "net/address.h"

#include <string.h>

struct observables {
	stix_observable_visitor visit; /* NULL: only whether it can be */
	void *context;
};

/* ── which properties sensors compare ─ */

static const struct {
	const char *object, *keys; /* the path, with dots between */
	enum indicator_kind kind;
} properties[] = {
	{ "ipv4-addr", "value", INDICATOR_ADDRESS },
	{ "ipv6-addr", "value", INDICATOR_ADDRESS },
	{ "domain-name", "value", INDICATOR_HOSTNAME },
	{ "url", "value", INDICATOR_URL },
	{ "email-addr", "value", INDICATOR_MAIL },
	{ "email-message", "from_ref.value", INDICATOR_MAIL },
	{ "email-message", "sender_ref.value", INDICATOR_MAIL },
	{ "email-message", "subject", INDICATOR_SUBJECT },
	{ "file", "hashes.md5", INDICATOR_MD5 },
	{ "file", "hashes.sha-1", INDICATOR_SHA1 },
	{ "file", "hashes.sha1", INDICATOR_SHA1 },
	{ "file", "hashes.sha-256", INDICATOR_SHA256 },
	{ "file", "hashes.sha256", INDICATOR_SHA256 },
	{ "artifact", "hashes.md5", INDICATOR_MD5 },
	{ "artifact", "hashes.sha-1", INDICATOR_SHA1 },
	{ "artifact", "hashes.sha-256", INDICATOR_SHA256 },
	{ "x509-certificate", "hashes.sha-1", INDICATOR_CERTIFICATE_SHA1 },
	{ "x509-certificate", "hashes.sha-256", INDICATOR_CERTIFICATE_SHA256 },
	{ "network-traffic", "src_ref.value", INDICATOR_ADDRESS },
	{ "network-traffic", "dst_ref.value", INDICATOR_ADDRESS },
	{ "network-traffic", "extensions.tls-ext.ja3", INDICATOR_JA3 },
};

/* Names of hashes are written in either case. */
static bool path_is(const struct stix_path *path, const char *keys)
{
	struct text rest = text_of(keys);
	for (uint32_t i = 0; i < path->count; i++) {
		struct text key = text_cut(&rest, '.');
		if (path->steps[i].kind != STIX_KEY || !key.size || !text_equal_nocase(path->steps[i].key, key))
			return false;
	}
	return rest.size == 0;
}

static bool kind_of(const struct stix_path *path, enum indicator_kind *kind)
{
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (text_equal(path->object, text_of(properties[i].object)) && path_is(path, properties[i].keys)) {
			*kind = properties[i].kind;
			return true;
		}
	return false;
}

/* ── the tree ─ */

static bool take_value(const struct observables *to, const struct stix_path *path, const struct stix_constant *constant)
{
	enum indicator_kind kind;
	if (constant->kind != STIX_STRING || !kind_of(path, &kind))
		return false;
	if (to->visit)
		to->visit(to->context, kind, constant->text);
	return true;
}

/* A property that is one of some values. Addresses with a length are prefixes with =, as with ISSUBSET. */
static bool take_test(const struct observables *to, const struct stix_node *test)
{
	enum indicator_kind kind;
	bool equal = test->operator== STIX_EQUAL || test->operator== STIX_IN;
	bool within = test->operator== STIX_SUBSET && test->constant_count == 1 && kind_of(&test->path, &kind) &&
		      kind == INDICATOR_ADDRESS;
	if (test->negated || !(equal || within) || !test->constant_count)
		return false;
	for (uint32_t i = 0; i < test->constant_count; i++)
		if (!take_value(to, &test->path, &test->constants[i]))
			return false;
	return true;
}

static bool take_node(const struct observables *to, const struct stix_node *node)
{
	switch (node->kind) {
	case STIX_TEST:
		return take_test(to, node);
	case STIX_OBSERVATION:
		return take_node(to, node->first);
	case STIX_EITHER:
	case STIX_ANY:
		for (const struct stix_node *at = node->first; at; at = at->next)
			if (!take_node(to, at))
				return false;
		return true;
	case STIX_REPEATS:
		return node->times == 1 && take_node(to, node->first);
	case STIX_WITHIN: /* one observation is within any time */
		return take_node(to, node->first);
	default:
		return false;
	}
}

bool stix_pattern_observables(const struct stix_pattern *pattern, stix_observable_visitor visit, void *context)
{
	/* first whether all can be told: nothing is told of a part */
	if (!take_node(&(struct observables){ NULL, NULL }, pattern->root))
		return false;
	return take_node(&(struct observables){ visit, context }, pattern->root);
}
