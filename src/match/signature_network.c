/*
 * Lists of addresses and ports in the headers of signatures: "[10.0.0.0/8,!10.1.0.0/16]", "!$HOME_NET", "80,1024:".
 */
#include "base/character.h"
#include "match/signature_inside.h"

#include <assert.h>
#include <string.h>

#define DEEPEST 8 /* lists within lists, variables within variables */
#define ITEMS_MOST 4096

/* Both kinds of list while they are read: `items` of `size` bytes each. */
struct side_list {
	void *items;
	size_t count, room;
};
struct reading {
	struct arena *arena;
	variable_lookup lookup;
	const void *context;
	size_t size;
	bool (*item)(struct text text, void *item);
	const char *what;
	struct failure *failure;
};
struct both {
	struct side_list in, out;
};

static enum error wrong(const struct reading *reading, struct text text, const char *why)
{
	return fail(reading->failure, ERROR_INPUT, "%s \"%.*s\": %s", reading->what,
	    (int)(text.size < 60 ? text.size : 60), text.at ? text.at : "", why);
}

static enum error append(const struct reading *reading, struct side_list *list, const void *items, size_t count)
{
	if (list->count + count > list->room) {
		size_t room = list->count + count < 8 ? 8 : 2 * (list->count + count);
		void *more = arena_take(reading->arena, room * reading->size);
		if (!more || room > 2 * ITEMS_MOST)
			return fail(reading->failure, ERROR_INPUT, "too long a list of %s", reading->what);
		if (list->count)
			memcpy(more, list->items, list->count * reading->size);
		list->items = more;
		list->room = room;
	}
	if (count)
		memcpy((char *)list->items + list->count * reading->size, items, count * reading->size);
	list->count += count;
	return OK;
}

static enum error read_list(const struct reading *reading, struct text text, struct both *to, int depth);

/* What stands in brackets or in a variable becomes part of `to`, the other way round behind '!'. */
static enum error read_inner(const struct reading *reading, struct text text, bool negated, struct both *to, int depth)
{
	struct both inner = { 0 };
	enum error error = read_list(reading, text, &inner, depth);
	if (error)
		return error;
	if (negated && inner.in.count && inner.out.count)
		return wrong(reading, text, "a list with both kinds of entries cannot be negated");
	if (negated && !inner.in.count && !inner.out.count)
		return wrong(reading, text, "not any is nothing");
	error = append(reading, negated ? &to->out : &to->in, inner.in.items, inner.in.count);
	return error ? error : append(reading, negated ? &to->in : &to->out, inner.out.items, inner.out.count);
}

static enum error read_item(const struct reading *reading, struct text text, struct both *to, int depth)
{
	bool negated = false;
	uint64_t item[4]; /* room for a prefix or a range */
	text = text_trim(text);
	while (text.size > 0 && text.at[0] == '!') {
		negated = !negated;
		text = text_trim((struct text){ text.at + 1, text.size - 1 });
	}
	if (text.size > 1 && text.at[0] == '[' && text.at[text.size - 1] == ']')
		return read_inner(reading, (struct text){ text.at + 1, text.size - 2 }, negated, to, depth + 1);
	if (text.size > 1 && text.at[0] == '$') {
		struct text value = reading->lookup(reading->context, (struct text){ text.at + 1, text.size - 1 });
		return value.size ? read_inner(reading, value, negated, to, depth + 1)
				  : wrong(reading, text, "there is no such variable");
	}
	if (text_equal(text, TEXT("any")))
		return negated ? wrong(reading, text, "not any is nothing") : OK;
	if (!reading->item(text, item))
		return wrong(reading, text, "not understood");
	return append(reading, negated ? &to->out : &to->in, item, 1);
}

static enum error read_list(const struct reading *reading, struct text text, struct both *to, int depth)
{
	if (depth > DEEPEST)
		return wrong(reading, text, "lists within lists too deep");
	while (text.size > 0) {
		int brackets = 0;
		size_t end = 0;
		for (; end < text.size && (brackets > 0 || text.at[end] != ','); end++)
			brackets += (text.at[end] == '[') - (text.at[end] == ']');
		enum error error = read_item(reading, (struct text){ text.at, end }, to, depth);
		if (error)
			return error;
		end += end < text.size;
		text = (struct text){ text.at + end, text.size - end };
	}
	return OK;
}

/* ── addresses ─ */

static bool address_item(struct text text, void *item)
{
	return prefix_parse(text, item);
}

static_assert(sizeof(struct prefix) <= 32 && sizeof(struct port_range) <= 32, "an item fits");

enum error address_list_parse(struct arena *arena, struct text text, variable_lookup lookup, const void *context,
    struct address_list *list, struct failure *failure)
{
	const struct reading reading = { arena, lookup, context, sizeof(struct prefix), address_item, "address",
		failure };
	struct both both = { 0 };
	enum error error = read_list(&reading, text, &both, 0);
	*list =
	    (struct address_list){ both.in.items, both.out.items, (uint32_t)both.in.count, (uint32_t)both.out.count };
	return error;
}

static bool any_prefix(const struct prefix *prefixes, uint32_t count, const struct address *address)
{
	for (uint32_t i = 0; i < count; i++)
		if (prefix_contains(prefixes[i], *address))
			return true;
	return false;
}

bool address_list_holds(const struct address_list *list, const struct address *address)
{
	return (list->in_count == 0 || any_prefix(list->in, list->in_count, address)) &&
	       !any_prefix(list->out, list->out_count, address);
}

/* ── ports ─ */

static bool port_number(struct text text, uint16_t *port)
{
	uint64_t number;
	if (!text_to_u64(text, &number) || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool port_item(struct text text, void *item)
{
	struct port_range range = { 0, UINT16_MAX };
	struct text last = text, first = text_trim(text_cut(&last, ':'));
	bool ranged = first.size < text.size && memchr(text.at, ':', text.size);
	last = text_trim(last);
	if (first.size > 0 && !port_number(first, &range.first))
		return false;
	if (!ranged)
		range.last = range.first;
	else if (last.size > 0 && !port_number(last, &range.last))
		return false;
	if ((first.size == 0 && last.size == 0) || range.first > range.last)
		return false;
	memcpy(item, &range, sizeof range);
	return true;
}

enum error port_list_parse(struct arena *arena, struct text text, variable_lookup lookup, const void *context,
    struct port_list *list, struct failure *failure)
{
	const struct reading reading = { arena, lookup, context, sizeof(struct port_range), port_item, "port",
		failure };
	struct both both = { 0 };
	enum error error = read_list(&reading, text, &both, 0);
	*list = (struct port_list){ both.in.items, both.out.items, (uint32_t)both.in.count, (uint32_t)both.out.count };
	return error;
}

static bool any_port(const struct port_range *ranges, uint32_t count, uint16_t port)
{
	for (uint32_t i = 0; i < count; i++)
		if (port >= ranges[i].first && port <= ranges[i].last)
			return true;
	return false;
}

bool port_list_holds(const struct port_list *list, uint16_t port)
{
	return (list->in_count == 0 || any_port(list->in, list->in_count, port)) &&
	       !any_port(list->out, list->out_count, port);
}
