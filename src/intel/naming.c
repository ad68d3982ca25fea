/*
 * Who may not be named where (naming.h). Two layers: everything that organisations are known by, read once; and for
 * each community that is asked about the words of those that may not be named in it, made ready to be looked for.
 */
#include "intel/naming.h"

#include "formats/stix.h"
#include "store/items.h"
#include "store/known.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "naming"
#define KEY_NAME "exchange.naming.key"
#define CIRCLES 256 /* communities that are kept ready at once */

struct word {
	uint32_t organisation;
	enum known known;
	struct text text;
};

struct circle {
	struct circle *next;
	uint32_t community;
	bool any; /* somebody may not be named */
	struct secrets secrets;
};

struct state {
	uint8_t key[32];
	char centre[10 + UUID_TEXT]; /* the centre's identity, which vouches for others */
	uint64_t standing;
	bool loaded, failed;
	struct arena *arena; /* of what was read, and of the circles */
	struct word *words;
	size_t word_count, word_room;
	struct organisation_space *spaces;
	size_t space_count, space_room;
	struct circle *circles;
	unsigned circle_count;
};

/* ── the key ─ */

static enum error load_key(struct center *center, struct state *state, struct arena *arena, struct failure *failure)
{
	struct text value;
	char hex[HEX_SIZE(sizeof state->key)];
	enum error error = store_value_get(center->store, KEY_NAME, arena, &value, failure);
	if (error == OK)
		return hex_parse(value, state->key, sizeof state->key)
			   ? OK
			   : fail(failure, ERROR_CORRUPT, "state store: the key of identifiers is damaged");
	if (error != ERROR_NOT_FOUND)
		return error;
	random_bytes(state->key, sizeof state->key);
	return store_value_put(
	    center->store, KEY_NAME, text_of(hex_format(state->key, sizeof state->key, hex)), failure);
}

static void name_centre(struct state *state)
{
	struct uuid uuid;
	uint8_t digest[32];
	char written[UUID_TEXT];
	hmac_sha256(state->key, sizeof state->key, NAME, sizeof NAME - 1, digest);
	memcpy(uuid.bytes, digest, sizeof uuid.bytes);
	uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
	uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
	snprintf(state->centre, sizeof state->centre, "identity--%s", uuid_format(uuid, written));
}

enum error naming_start(struct center *center, struct failure *failure)
{
	struct state *state = calloc(1, sizeof *state);
	struct arena *arena = arena_new(0);
	enum error error = state && arena ? OK : fail(failure, ERROR_MEMORY, "no memory for names");
	if (!error && !(state->arena = arena_new(0)))
		error = fail(failure, ERROR_MEMORY, "no memory for names");
	if (!error)
		error = load_key(center, state, arena, failure);
	if (!error && !center_set_state(center, NAME, state))
		error = fail(failure, ERROR_LIMIT, "no room for names");
	arena_free(arena);
	if (error) {
		if (state)
			arena_free(state->arena);
		free(state);
		return error;
	}
	name_centre(state);
	return OK;
}

void naming_stop(struct center *center)
{
	struct state *state = center_state(center, NAME);
	if (!state)
		return;
	center_set_state(center, NAME, NULL);
	arena_free(state->arena);
	free(state->words);
	free(state->spaces);
	free(state);
}

/* ── what they are known by ─ */

/* A sensor's name of letters alone is a word of everybody's. */
static bool is_telling(enum known known, struct text text)
{
	if (known != KNOWN_SENSOR)
		return true;
	for (size_t i = 0; i < text.size; i++)
		if (!isalpha((unsigned char)text.at[i]))
			return true;
	return false;
}

static void take_word(void *context, uint32_t organisation, enum known known, struct text text)
{
	struct state *state = context;
	if (!is_telling(known, text))
		return;
	struct word *words = state->words;
	if (state->word_count == state->word_room &&
	    !(words = array_grow(state->words, &state->word_room, 256, sizeof *words))) {
		state->failed = true;
		return;
	}
	state->words = words;
	struct word *word = &words[state->word_count];
	*word = (struct word){ organisation, known, arena_text(state->arena, text) };
	state->failed |= !word->text.at;
	state->word_count++;
}

/* Networks that everybody has (RFC 1918, 6598, 3927, 4193, 4291) are nobody's. */
static bool is_private(struct prefix prefix)
{
	static const char *const nobodys[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
		"169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128" };
	for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++) {
		struct prefix each;
		if (prefix_parse(text_of(nobodys[i]), &each) && each.length <= prefix.length &&
		    prefix_contains(each, prefix.address))
			return true;
	}
	return false;
}

static void take_space(void *context, const struct organisation_space *space)
{
	struct state *state = context;
	if (space->prefix.length == 0 || is_private(space->prefix))
		return;
	struct organisation_space *spaces = state->spaces;
	if (state->space_count == state->space_room &&
	    !(spaces = array_grow(state->spaces, &state->space_room, 64, sizeof *spaces))) {
		state->failed = true;
		return;
	}
	state->spaces = spaces;
	spaces[state->space_count++] = *space;
}

/* With the secrets of all that are hidden: an identity object that an organisation gave itself, and that holds none of
 * these, is somebody else's. */
static bool is_anothers(struct center *center, const struct scope *scope, const struct word *word,
    const struct secrets *secrets, struct arena *scratch)
{
	struct item item;
	struct builder text = { 0 };
	struct failure failure;
	arena_clear(scratch);
	if (store_item_get(center->store, scope, word->organisation, word->text, 0, scratch, &item, &failure) != OK ||
	    item.form > ITEM_STIX_20)
		return false;
	item_to_stix(&item, &text);
	bool anothers = !text.failed && !secrets_found(secrets, (struct text){ text.at, text.size });
	builder_free(&text);
	return anothers;
}

static enum error load(struct center *center, struct state *state, struct failure *failure)
{
	const struct scope *scope =
	    policy_background("naming", state->arena); /* what is held back is asked by nobody */
	if (!scope)
		return fail(failure, ERROR_MEMORY, "no memory for names");
	state->word_count = state->space_count = 0;
	state->failed = false;
	enum error error = store_known_each(center->store, scope, take_word, state, failure);
	if (!error)
		error = store_space_each(center->store, scope, 0, take_space, state, failure);
	if (!error && state->failed)
		error = fail(failure, ERROR_MEMORY, "no memory for names");
	return error;
}

/* ── one community ─ */

static bool somebody_hides(const struct policy_snapshot *snapshot, uint32_t community)
{
	for (size_t i = 0; i < snapshot->organisation_count; i++)
		if (!policy_may_name(snapshot, snapshot->organisations[i].organisation, community))
			return true;
	return false;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	return one < other ? -1 : one > other;
}

struct hidden {
	uint32_t *numbers; /* ascending */
	size_t count;
	struct text *words;
	size_t word_count;
	struct prefix *prefixes;
	size_t prefix_count;
};

static bool is_hidden(const struct hidden *hidden, uint32_t organisation)
{
	return bsearch(&organisation, hidden->numbers, hidden->count, sizeof organisation, compare_numbers) != NULL;
}

static bool gather(
    struct state *state, const struct policy_snapshot *snapshot, uint32_t community, struct hidden *hidden)
{
	hidden->numbers = arena_take(state->arena, snapshot->organisation_count * sizeof *hidden->numbers);
	hidden->words = arena_take(state->arena, state->word_count * sizeof *hidden->words);
	hidden->prefixes = arena_take(state->arena, state->space_count * sizeof *hidden->prefixes);
	if (!hidden->numbers || !hidden->words || !hidden->prefixes)
		return false;
	for (size_t i = 0; i < snapshot->organisation_count; i++)
		if (!policy_may_name(snapshot, snapshot->organisations[i].organisation, community))
			hidden->numbers[hidden->count++] = snapshot->organisations[i].organisation;
	qsort(hidden->numbers, hidden->count, sizeof *hidden->numbers, compare_numbers);
	for (size_t i = 0; i < state->word_count; i++)
		if (state->words[i].known != KNOWN_IDENTITY && is_hidden(hidden, state->words[i].organisation))
			hidden->words[hidden->word_count++] = state->words[i].text;
	for (size_t i = 0; i < state->space_count; i++)
		if (is_hidden(hidden, state->spaces[i].organisation))
			hidden->prefixes[hidden->prefix_count++] = state->spaces[i].prefix;
	return true;
}

/* Their identities, once the words are known by which those are told apart from others' that they pass on. */
static bool add_identities(
    struct center *center, struct state *state, struct hidden *hidden, const struct secrets *words)
{
	struct arena *scratch = arena_new(0);
	/* What is held back is asked by nobody. */
	const struct scope *scope = scratch ? policy_background("naming", state->arena) : NULL;
	for (size_t i = 0; scope && i < state->word_count; i++) {
		const struct word *word = &state->words[i];
		if (word->known == KNOWN_IDENTITY && is_hidden(hidden, word->organisation) &&
		    !is_anothers(center, scope, word, words, scratch))
			hidden->words[hidden->word_count++] = word->text;
	}
	arena_free(scratch);
	return scope != NULL;
}

static bool arm(
    struct center *center, struct state *state, const struct policy_snapshot *snapshot, struct circle *circle)
{
	struct hidden hidden = { 0 };
	circle->any = somebody_hides(snapshot, circle->community);
	if (!circle->any)
		return true;
	struct secrets words;
	return gather(state, snapshot, circle->community, &hidden) &&
	       secrets_make(
		   &words, hidden.words, hidden.word_count, hidden.prefixes, hidden.prefix_count, state->arena) &&
	       add_identities(center, state, &hidden, &words) &&
	       secrets_make(&circle->secrets, hidden.words, hidden.word_count, hidden.prefixes, hidden.prefix_count,
		   state->arena);
}

static void forget(struct state *state)
{
	arena_clear(state->arena);
	state->circles = NULL;
	state->circle_count = 0;
	state->loaded = false;
}

static enum error find(struct center *center, struct state *state, const struct policy_snapshot *snapshot,
    uint32_t community, const struct circle **found, struct failure *failure)
{
	for (struct circle *each = state->circles; each; each = each->next)
		if (each->community == community) {
			*found = each;
			return OK;
		}
	if (state->circle_count == CIRCLES)
		forget(state);
	/* Where nobody hides nothing is read. */
	enum error error = state->loaded || !somebody_hides(snapshot, community) ? OK : load(center, state, failure);
	state->loaded = state->loaded || (!error && state->word_count > 0);
	struct circle *circle = error ? NULL : arena_take(state->arena, sizeof *circle);
	if (error)
		return error;
	if (circle)
		circle->community = community;
	if (!circle || !arm(center, state, snapshot, circle))
		return fail(failure, ERROR_MEMORY, "no memory for names");
	circle->next = state->circles;
	state->circles = circle;
	state->circle_count++;
	*found = circle;
	return OK;
}

enum error naming_rule(struct center *center, const struct policy_snapshot *snapshot, uint32_t community,
    uint32_t giver, struct render_rule *rule, struct failure *failure)
{
	struct state *state = center_state(center, NAME);
	const struct circle *circle = NULL;
	uint64_t standing;
	enum error error = store_standing(center->store, &standing, failure);
	if (error)
		return error;
	if (standing != state->standing)
		forget(state);
	state->standing = standing;
	error = find(center, state, snapshot, community, &circle, failure);
	if (error) {
		forget(state);
		return error;
	}
	*rule = (struct render_rule){ .secrets = circle->any ? &circle->secrets : NULL,
		.centre = policy_may_name(snapshot, giver, community) ? TEXT_NONE : text_of(state->centre),
		.community = community };
	memcpy(rule->key, state->key, sizeof rule->key);
	return OK;
}
