/*
 * First access: an account signs in from a network it never came from, to a host it never was on, or uses root's rights
 * there for the first time. What is met while learning is usual, and what was said once is usual from then on. It is
 * kept over restarts: a learning that begins anew each week finds nothing.
 *
 * A network is the address's neighbourhood (IPv4 /24, IPv6 /48): no database of countries or operators is asked,
 * because those at hand are years old.
 */
#include "watch/auth.h"

#include "watch/behaviour_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What of an account was met. */
enum known { KNOWN_ACCOUNT, KNOWN_NETWORK, KNOWN_HOST, KNOWN_RIGHTS };

struct first {
	const struct auth_settings *settings;
	nanoseconds began;             /* of the first event ever seen; 0 = none */
	struct behaviour_table *known; /* hash of (what, account, which) → when it was last met */
};

static void first_free(void *state)
{
	struct first *first = state;
	table_free(first->known);
	free(first);
}

static void *first_make(const struct auth_settings *settings)
{
	struct first *first = calloc(1, sizeof *first);
	if (!first)
		return NULL;
	first->settings = settings;
	first->known = table_new(settings->entries, sizeof(uint64_t), sizeof(nanoseconds), 0);
	if (!first->known) {
		free(first);
		return NULL;
	}
	return first;
}

/* The keys lie in a file, so they are of a fixed seed; the table's rows would be of a stranger's choosing only if he
 * chose account names on hosts of the member. */
static uint64_t key_of(enum known what, struct text account, const void *which, size_t size)
{
	return hash_bytes(which, size, hash_text(account, 0x61757468u + what));
}

/* Whether it is met for the first time; from now on it is usual. */
static bool is_new(struct first *first, uint64_t key, nanoseconds now)
{
	bool fresh;
	nanoseconds *last = table_take(first->known, &key, now, &fresh);
	*last = now;
	return fresh;
}

static void tell(const struct auth_event *event, const char *what, struct text object, auth_sink sink, void *context)
{
	nanoseconds now = event->message->occurred;
	struct auth_finding finding = { .kind = AUTH_FIRST_ACCESS,
		.first = now,
		.last = now,
		.host = event->host,
		.account = event->fact->account,
		.service = event->fact->service,
		.source = event->fact->source,
		.object = object,
		.count = 1 };
	snprintf(finding.words, sizeof finding.words, "%s", what);
	sink(context, &finding);
}

static void on_sign_in(
    struct first *first, const struct auth_event *event, bool learning, auth_sink sink, void *context)
{
	const struct auth_fact *fact = event->fact;
	nanoseconds now = event->message->occurred;
	struct address network = address_neighbourhood(fact->source);
	char text[PREFIX_TEXT] = "";
	bool named = fact->source_name.size > 0;
	bool account = is_new(first, key_of(KNOWN_ACCOUNT, fact->account, "", 0), now);
	bool from = false;
	if (named || address_exists(fact->source))
		from = is_new(first,
		    named ? key_of(KNOWN_NETWORK, fact->account, fact->source_name.at, fact->source_name.size)
			  : key_of(KNOWN_NETWORK, fact->account, network.bytes, sizeof network.bytes),
		    now);
	bool to = is_new(first, key_of(KNOWN_HOST, fact->account, event->host.at, event->host.size), now);
	if (learning)
		return;
	if (!named && from)
		prefix_format(prefix_of(network, address_is_v4(network) ? 120 : 48), text);
	struct text object = named ? fact->source_name : text_of(text);
	if (account)
		tell(event, "the account was never seen signing in before", object, sink, context);
	else if (from)
		tell(event, "the account never came from this network before", object, sink, context);
	else if (to)
		tell(event, "the account was never on this host before", TEXT_NONE, sink, context);
}

static void first_see(void *state, const struct auth_event *event, auth_sink sink, void *context)
{
	struct first *first = state;
	const struct auth_fact *fact = event->fact;
	nanoseconds now = event->message->occurred;
	if (!first->began || now < first->began)
		first->began = now;
	bool learning = now - first->began < first->settings->learn;
	if (!fact || !fact->account.size)
		return;
	if (fact->kind == AUTH_ACCEPTED)
		on_sign_in(first, event, learning, sink, context);
	if (fact->kind != AUTH_COMMAND && fact->kind != AUTH_SWITCHED)
		return;
	if (text_equal(fact->account, TEXT("root")) ||
	    !is_new(first, key_of(KNOWN_RIGHTS, fact->account, event->host.at, event->host.size), now) || learning)
		return;
	tell(event, "the account never used other rights on this host before",
	    fact->object.size ? fact->object : fact->target, sink, context);
}

static uint64_t first_forgotten(const void *state)
{
	return table_forgotten(((const struct first *)state)->known);
}

static void first_save(const void *state, struct builder *to)
{
	const struct first *first = state;
	const void *key, *value;
	size_t place = 0;
	uint64_t hash;
	nanoseconds last;
	put_i64(to, first->began);
	while (table_next(first->known, &place, &key, &value)) {
		memcpy(&hash, key, sizeof hash);
		memcpy(&last, value, sizeof last);
		put_u64(to, hash);
		put_i64(to, last);
	}
}

static bool first_load(void *state, struct reader *from)
{
	struct first *first = state;
	if ((from->end - from->at) % 16 != 8)
		return false;
	first->began = get_i64(from);
	while (from->at < from->end && !from->failed) {
		uint64_t key = get_u64(from);
		is_new(first, key, get_i64(from));
	}
	return !from->failed;
}

const struct auth_detector auth_first = {
	.name = "first",
	.make = first_make,
	.free = first_free,
	.see = first_see,
	.forgotten = first_forgotten,
	.save = first_save,
	.load = first_load,
};
