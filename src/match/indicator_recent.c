/*
 * What changed lately of a large set of indicators; see indicator_recent.h. One entry for each indicator that changed,
 * found by its id in a table of places.
 */
#include "match/indicator_recent.h"

#include "base/character.h"
#include "base/codec.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	uint64_t number;
	uint32_t id, size;
	uint8_t *values; /* u16 size, u8 kind, and the compared form of each; NULL: withdrawn */
	enum indicator_action action;
};

struct indicator_recent {
	struct json_parser *parser;
	struct indicator_recent_state state;
	struct entry *entries;
	uint32_t room;
	uint32_t *places; /* 1 + index of the entry; 0 = free. A power of two, twice as many as entries */
};

struct indicator_overlay {
	struct indicator_set *added;
	uint32_t *hidden; /* ids; 0 = free */
	uint32_t mask;
};

static uint32_t scatter(uint32_t id)
{
	return (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

struct indicator_recent *indicator_recent_new(void)
{
	struct indicator_recent *recent = calloc(1, sizeof *recent);
	if (recent && !(recent->parser = json_parser_new(8))) {
		free(recent);
		return NULL;
	}
	return recent;
}

static void forget_all(struct indicator_recent *recent)
{
	for (uint32_t i = 0; i < recent->state.changed; i++)
		free(recent->entries[i].values);
	if (recent->places)
		memset(recent->places, 0, 2 * (size_t)recent->room * sizeof *recent->places);
	recent->state.changed = 0;
	recent->state.bytes = 0;
}

void indicator_recent_free(struct indicator_recent *recent)
{
	if (!recent)
		return;
	forget_all(recent);
	json_parser_free(recent->parser);
	free(recent->entries);
	free(recent->places);
	free(recent);
}

struct indicator_recent_state indicator_recent_state(const struct indicator_recent *recent)
{
	return recent->state;
}

/* ── entries ─ */

/* Where the id stands, or the free place where it may. */
static uint32_t *place_of(const struct indicator_recent *recent, uint32_t id)
{
	uint32_t mask = 2 * recent->room - 1;
	for (uint32_t at = scatter(id) & mask;; at = (at + 1) & mask)
		if (recent->places[at] == 0 || recent->entries[recent->places[at] - 1].id == id)
			return &recent->places[at];
}

static void place_all(struct indicator_recent *recent)
{
	memset(recent->places, 0, 2 * (size_t)recent->room * sizeof *recent->places);
	for (uint32_t i = 0; i < recent->state.changed; i++)
		*place_of(recent, recent->entries[i].id) = i + 1;
}

static bool make_room(struct indicator_recent *recent)
{
	if (recent->state.changed < recent->room)
		return true;
	uint32_t room = recent->room ? 2 * recent->room : 64;
	struct entry *entries = realloc(recent->entries, room * sizeof *entries);
	if (entries)
		recent->entries = entries;
	uint32_t *places = entries ? calloc(2 * (size_t)room, sizeof *places) : NULL;
	if (!places)
		return false;
	free(recent->places);
	recent->places = places;
	recent->room = room;
	place_all(recent);
	return true;
}

/* `values` become the entry's. */
static enum error put(struct indicator_recent *recent, const struct entry *entry, struct failure *failure)
{
	if (!make_room(recent))
		return fail(failure, ERROR_MEMORY, "no memory for changes of indicators");
	uint32_t *place = place_of(recent, entry->id);
	struct entry *known = *place ? &recent->entries[*place - 1] : NULL;
	if ((!known && recent->state.changed == INDICATOR_RECENT_MOST) ||
	    recent->state.bytes - (known ? known->size : 0) + entry->size > INDICATOR_RECENT_BYTES)
		return fail(failure, ERROR_LIMIT, "%u indicators changed lately: no more until they are folded",
		    recent->state.changed);
	if (!known) {
		known = &recent->entries[recent->state.changed++];
		*place = recent->state.changed;
		*known = (struct entry){ 0 };
	}
	recent->state.bytes += entry->size - (size_t)known->size;
	free(known->values);
	*known = *entry;
	return OK;
}

void indicator_recent_forget(struct indicator_recent *recent, uint64_t as_of)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < recent->state.changed; i++) {
		struct entry *entry = &recent->entries[i];
		if (entry->number > as_of) {
			recent->entries[kept++] = *entry;
			continue;
		}
		recent->state.bytes -= entry->size;
		free(entry->values);
	}
	recent->state.changed = kept;
	if (recent->places)
		place_all(recent);
	if (recent->state.number < as_of)
		recent->state.number = as_of;
}

/* ── lines ─ */

static enum error take_value(struct json_value pair, struct builder *values, struct failure *failure)
{
	struct json_walk walk = { 0 };
	struct text words[2] = { TEXT_NONE, TEXT_NONE };
	enum indicator_kind kind;
	uint8_t form[INDICATOR_VALUE];
	for (size_t i = 0; i < 2 && json_next(pair, &walk); i++)
		words[i] = json_text(walk.value);
	if (!indicator_kind_named(words[0], &kind))
		return fail(failure, ERROR_INPUT, "there is no type of indicators \"%.*s\"",
		    (int)(words[0].size < 40 ? words[0].size : 40), words[0].at ? words[0].at : "");
	size_t size = indicator_normalize(kind, words[1], form);
	if (size == 0)
		return fail(failure, ERROR_INPUT, "\"%.*s\" is no %s", (int)(words[1].size < 80 ? words[1].size : 80),
		    words[1].at ? words[1].at : "", indicator_kind_name(kind));
	put_u16(values, (uint16_t)size);
	put_u8(values, (uint8_t)kind);
	put_bytes(values, form, size);
	return OK;
}

static enum error take_values(struct json_value list, struct builder *values, struct failure *failure)
{
	struct json_walk walk = { 0 };
	unsigned count = 0;
	while (json_next(list, &walk)) {
		if (++count > INDICATOR_CHANGE_VALUES)
			return fail(
			    failure, ERROR_INPUT, "an indicator has more than %u values", INDICATOR_CHANGE_VALUES);
		enum error error = take_value(walk.value, values, failure);
		if (error)
			return error;
	}
	if (values->failed)
		return fail(failure, ERROR_MEMORY, "no memory for changes of indicators");
	return count ? OK : fail(failure, ERROR_INPUT, "\"values\" is not a list of [type, value]");
}

static enum error take_epoch(struct indicator_recent *recent, struct json_value line, struct failure *failure)
{
	struct text epoch = json_text(json_get(line, "epoch"));
	uint64_t since;
	bool good = epoch.size > 0 && epoch.size < INDICATOR_EPOCH && json_to_u64(json_get(line, "since"), &since);
	for (size_t i = 0; i < epoch.size && good; i++)
		good = char_is_digit(epoch.at[i]) || (char_lower(epoch.at[i]) >= 'a' && char_lower(epoch.at[i]) <= 'z');
	if (!good)
		return fail(failure, ERROR_INPUT, "an epoch should be letters and digits, with \"since\", a number");
	if (text_equal(epoch, text_of(recent->state.epoch)))
		return OK;
	forget_all(recent);
	memcpy(recent->state.epoch, epoch.at, epoch.size);
	recent->state.epoch[epoch.size] = '\0';
	recent->state.number = since;
	return OK;
}

static enum error read_change(
    struct json_value line, struct entry *entry, struct builder *values, struct failure *failure)
{
	uint64_t id;
	if (!json_to_u64(json_get(line, "number"), &entry->number) || entry->number == 0 ||
	    !json_to_u64(json_get(line, "id"), &id) || id == 0 || id > UINT32_MAX)
		return fail(failure, ERROR_INPUT, "a change should have a number, and an id below 4294967296");
	entry->id = (uint32_t)id;
	struct json_value list = json_get(line, "values"), action = json_get(line, "action");
	if (!json_exists(list))
		return OK;
	if (json_kind(list) != JSON_IS_ARRAY)
		return fail(failure, ERROR_INPUT, "\"values\" is not a list of [type, value]");
	if (!indicator_action_named(json_text(action), &entry->action))
		return fail(failure, ERROR_INPUT, "\"action\" should be observe, alert or block");
	return take_values(list, values, failure);
}

static enum error take_change(struct indicator_recent *recent, struct json_value line, struct failure *failure)
{
	struct entry entry = { 0 };
	struct builder values = { 0 };
	enum error error = read_change(line, &entry, &values, failure);
	if (!error && entry.number <= recent->state.number) {
		builder_free(&values);
		return OK;
	}
	entry.values = (uint8_t *)values.at;
	entry.size = (uint32_t)values.size;
	if (!error)
		error = put(recent, &entry, failure);
	if (error)
		builder_free(&values);
	else
		recent->state.number = entry.number;
	return error;
}

enum error indicator_recent_take(struct indicator_recent *recent, struct text line, struct failure *failure)
{
	struct json_value root;
	if (line.size > INDICATOR_CHANGE_LINE)
		return fail(failure, ERROR_INPUT, "a change is longer than %u bytes", INDICATOR_CHANGE_LINE);
	enum error error = json_parse(recent->parser, line, &root, failure);
	if (error)
		return error;
	if (json_exists(json_get(root, "epoch")))
		return take_epoch(recent, root, failure);
	return take_change(recent, root, failure);
}

/* ── compiled ─ */

static enum error add_entries(
    const struct indicator_recent *recent, struct indicator_builder *builder, struct failure *failure)
{
	enum error error = OK;
	for (uint32_t i = 0; i < recent->state.changed; i++) {
		const struct entry *entry = &recent->entries[i];
		struct reader from = reader_of(entry->values, entry->values ? entry->size : 0);
		while (!error && from.at < from.end) {
			size_t size = get_u16(&from);
			enum indicator_kind kind = (enum indicator_kind)get_u8(&from);
			error = indicator_builder_add_compared(
			    builder, kind, get_bytes(&from, size), size, entry->action, entry->id, failure);
		}
	}
	return error;
}

static bool hide_entries(const struct indicator_recent *recent, struct indicator_overlay *overlay)
{
	uint32_t size = 16;
	while (size < 2 * recent->state.changed)
		size *= 2;
	overlay->mask = size - 1;
	overlay->hidden = calloc(size, sizeof *overlay->hidden);
	for (uint32_t i = 0; i < recent->state.changed && overlay->hidden; i++) {
		uint32_t at = scatter(recent->entries[i].id) & overlay->mask;
		while (overlay->hidden[at])
			at = (at + 1) & overlay->mask;
		overlay->hidden[at] = recent->entries[i].id;
	}
	return overlay->hidden;
}

enum error indicator_recent_compile(
    const struct indicator_recent *recent, struct indicator_overlay **overlay, struct failure *failure)
{
	struct indicator_overlay *made = calloc(1, sizeof *made);
	struct indicator_builder *builder = indicator_builder_new();
	if (!made || !builder || !hide_entries(recent, made)) {
		indicator_builder_free(builder);
		indicator_overlay_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for changes of indicators");
	}
	enum error error = add_entries(recent, builder, failure);
	if (error)
		indicator_builder_free(builder);
	else
		error = indicator_builder_compile(builder, &made->added, failure);
	if (error)
		indicator_overlay_free(made);
	else
		*overlay = made;
	return error;
}

void indicator_overlay_free(struct indicator_overlay *overlay)
{
	if (!overlay)
		return;
	indicator_set_free(overlay->added);
	free(overlay->hidden);
	free(overlay);
}

const struct indicator_set *indicator_overlay_added(const struct indicator_overlay *overlay)
{
	return overlay ? overlay->added : NULL;
}

bool indicator_overlay_hides(const struct indicator_overlay *overlay, uint32_t id)
{
	if (!overlay || id == 0)
		return false;
	for (uint32_t at = scatter(id) & overlay->mask; overlay->hidden[at]; at = (at + 1) & overlay->mask)
		if (overlay->hidden[at] == id)
			return true;
	return false;
}

/* ── folding ─ */

struct folding {
	const struct indicator_recent *recent;
	struct indicator_builder *builder;
	enum error error;
	struct failure *failure;
};

static void keep(void *context, const struct indicator_match *match)
{
	struct folding *folding = context;
	if (folding->error || (folding->recent->state.changed && *place_of(folding->recent, match->number)))
		return;
	folding->error = indicator_builder_add_compared(
	    folding->builder, match->kind, match->value, match->size, match->action, match->number, folding->failure);
}

enum error indicator_recent_fold(const struct indicator_recent *recent, const struct indicator_set *large,
    struct indicator_set **set, struct failure *failure)
{
	struct folding folding = { recent, indicator_builder_new(), OK, failure };
	if (!folding.builder)
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	if (large)
		indicator_set_each(large, keep, &folding);
	if (!folding.error)
		folding.error = add_entries(recent, folding.builder, failure);
	if (folding.error) {
		indicator_builder_free(folding.builder);
		return folding.error;
	}
	indicator_builder_as_of(folding.builder, recent->state.number);
	return indicator_builder_compile(folding.builder, set, failure);
}
