/*
 * Members' own and what warning lists know; see ground.h. Addresses are intervals that do not touch, searched by their
 * ends; names a compiled set in which a member's stands for all below it, and each name above one for itself.
 */
#include "intel/ground.h"

#include "match/indicator_set.h"
#include "match/name.h"

#include <stdlib.h>
#include <string.h>

#include <idn2.h>

enum { NUMBER_OWN = 1, NUMBER_OWN_BELOW, NUMBER_LISTED_BELOW };

struct interval {
	struct address first, last;
};

struct intervals {
	struct interval *at;
	size_t count, room;
};

struct ground {
	struct intervals own, listed;
	struct indicator_set *names;
	const struct warninglists *lists;
};

struct making {
	struct ground *ground;
	struct indicator_builder *builder;
	enum error error;
	struct failure *failure;
};

/* ── addresses ─ */

static struct interval interval_of(struct prefix prefix)
{
	struct interval made = { prefix.address, prefix.address };
	for (unsigned bit = prefix.length; bit < 128; bit++)
		made.last.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	return made;
}

static void add_interval(struct making *making, struct intervals *intervals, struct prefix prefix)
{
	if (making->error)
		return;
	if (intervals->count == intervals->room) {
		size_t room = intervals->room ? 2 * intervals->room : 64;
		struct interval *at = realloc(intervals->at, room * sizeof *at);
		if (!at) {
			making->error = fail(making->failure, ERROR_MEMORY, "no memory for members' networks");
			return;
		}
		intervals->at = at;
		intervals->room = room;
	}
	intervals->at[intervals->count++] = interval_of(prefix);
}

/* The network under the first `bits` bits that hold IPv4 in IPv6. */
static struct prefix carried(struct prefix v4, const uint8_t *head, unsigned bits)
{
	struct prefix made = { .length = (uint8_t)(bits + v4.length - 96) };
	memcpy(made.address.bytes, head, bits / 8);
	memcpy(made.address.bytes + bits / 8, v4.address.bytes + 12, 4);
	return made;
}

static void add_prefix(struct making *making, struct intervals *intervals, struct prefix prefix)
{
	static const uint8_t from_6to4[2] = { 0x20, 0x02 }, from_nat64[12] = { 0, 0x64, 0xff, 0x9b };
	add_interval(making, intervals, prefix);
	if (prefix.length < 96 || !address_is_v4(prefix.address))
		return;
	add_interval(making, intervals, carried(prefix, from_6to4, 16));
	add_interval(making, intervals, carried(prefix, from_nat64, 96));
}

static int compare_intervals(const void *a, const void *b)
{
	const struct interval *left = a, *right = b;
	return address_compare(left->first, right->first);
}

/* Ascending, and none within another or over its end. */
static void merge(struct intervals *intervals)
{
	size_t kept = 0;
	if (intervals->count > 0)
		qsort(intervals->at, intervals->count, sizeof *intervals->at, compare_intervals);
	for (size_t i = 0; i < intervals->count; i++) {
		struct interval *last = kept ? &intervals->at[kept - 1] : NULL;
		if (!last || address_compare(intervals->at[i].first, last->last) > 0)
			intervals->at[kept++] = intervals->at[i];
		else if (address_compare(intervals->at[i].last, last->last) > 0)
			last->last = intervals->at[i].last;
	}
	intervals->count = kept;
}

/* The first interval that does not end before the prefix begins, if it begins before the prefix ends. */
static const struct interval *meets(const struct intervals *intervals, const struct interval *asked)
{
	size_t low = 0, high = intervals->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (address_compare(intervals->at[middle].last, asked->first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == intervals->count || address_compare(intervals->at[low].first, asked->last) > 0)
		return NULL;
	return &intervals->at[low];
}

struct ground_answer ground_prefix(const struct ground *ground, struct prefix prefix)
{
	const struct interval asked = interval_of(prefix);
	const struct intervals *places[] = { &ground->own, &ground->listed };
	for (int i = 0; i < 2; i++) {
		const struct interval *met = meets(places[i], &asked);
		if (met)
			return (struct ground_answer){ i ? GROUND_LISTED : GROUND_OWN,
				address_compare(asked.first, met->first) < 0 ||
				    address_compare(asked.last, met->last) > 0 };
	}
	return (struct ground_answer){ 0 };
}

/* ── names ─ */

bool ground_name_form(struct text name, char to[static 254])
{
	char text[1024];
	uint8_t *form = NULL;
	if (name_normalize(name, to))
		return true;
	if (name.size == 0 || name.size >= sizeof text || memchr(name.at, 0, name.size))
		return false;
	memcpy(text, name.at, name.size);
	text[name.size] = '\0';
	int result = idn2_lookup_u8((const uint8_t *)text, &form, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	bool good = result == IDN2_OK && name_normalize(text_of((const char *)form), to);
	idn2_free(form);
	return good;
}

/* The name itself as `number`, of which all below it is; the names above it, for themselves. */
static void add_name(struct making *making, const char *name, bool itself, uint32_t below)
{
	struct failure *failure = making->failure;
	if (!making->error && itself)
		making->error = indicator_builder_add(
		    making->builder, INDICATOR_DOMAIN, text_of(name), INDICATOR_OBSERVE, NUMBER_OWN, failure);
	for (const char *dot = strchr(name, '.'); dot && !making->error; dot = strchr(dot + 1, '.'))
		making->error = indicator_builder_add(
		    making->builder, INDICATOR_HOSTNAME, text_of(dot + 1), INDICATOR_OBSERVE, below, failure);
}

static void add_own_name(struct making *making, const char *domain)
{
	char name[NAME_LONGEST + 1];
	if (ground_name_form(text_of(domain), name))
		add_name(making, name, true, NUMBER_OWN_BELOW);
	else
		making->error = fail(making->failure, ERROR_INPUT, "the domain \"%s\" of a member is no name", domain);
}

static void add_listed(void *context, const struct indicator_match *match)
{
	struct making *making = context;
	char text[INDICATOR_TEXT];
	struct prefix prefix;
	if (making->error)
		return;
	indicator_format(match->kind, match->value, match->size, text);
	if (match->kind != INDICATOR_ADDRESS)
		add_name(making, text, false, NUMBER_LISTED_BELOW);
	else if (prefix_parse(text_of(text), &prefix))
		add_prefix(making, &making->ground->listed, prefix);
}

struct met {
	uint32_t number; /* the lowest: a member's own before what lists know */
};

static void note(void *context, const struct indicator_match *match)
{
	struct met *met = context;
	if (match->number < met->number)
		met->number = match->number;
}

struct ground_answer ground_name(const struct ground *ground, struct text name)
{
	struct met met = { UINT32_MAX };
	indicator_set_kinds(
	    ground->names, INDICATOR_BIT(INDICATOR_DOMAIN) | INDICATOR_BIT(INDICATOR_HOSTNAME), name, note, &met);
	if (met.number == NUMBER_OWN || met.number == NUMBER_OWN_BELOW)
		return (struct ground_answer){ GROUND_OWN, met.number == NUMBER_OWN_BELOW };
	if (ground->lists && warninglist_domain(ground->lists, name, 0))
		return (struct ground_answer){ GROUND_LISTED, false };
	if (met.number == NUMBER_LISTED_BELOW)
		return (struct ground_answer){ GROUND_LISTED, true };
	return (struct ground_answer){ 0 };
}

/* ── making ─ */

static void add_spaces(struct making *making, const struct organisation_space *spaces, size_t count, nanoseconds now)
{
	for (size_t i = 0; i < count && !making->error; i++) {
		if (spaces[i].to && spaces[i].to <= now)
			continue;
		if (spaces[i].domain[0])
			add_own_name(making, spaces[i].domain);
		else
			add_prefix(making, &making->ground->own, spaces[i].prefix);
	}
}

enum error ground_new(const struct organisation_space *spaces, size_t count, nanoseconds now,
    const struct warninglists *lists, struct ground **ground, struct failure *failure)
{
	struct making making = { calloc(1, sizeof **ground), indicator_builder_new(), OK, failure };
	if (!making.ground || !making.builder) {
		free(making.ground);
		indicator_builder_free(making.builder);
		return fail(failure, ERROR_MEMORY, "no memory for members' networks");
	}
	making.ground->lists = lists;
	add_spaces(&making, spaces, count, now);
	if (lists)
		warninglists_each(lists, add_listed, &making);
	merge(&making.ground->own);
	merge(&making.ground->listed);
	if (making.error)
		indicator_builder_free(making.builder);
	else
		making.error = indicator_builder_compile(making.builder, &making.ground->names, failure);
	if (making.error)
		ground_free(making.ground);
	else
		*ground = making.ground;
	return making.error;
}

void ground_free(struct ground *ground)
{
	if (!ground)
		return;
	free(ground->own.at);
	free(ground->listed.at);
	indicator_set_free(ground->names);
	free(ground);
}
