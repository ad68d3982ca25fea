/*
 * The kinds of processes, and the wishes of the command line as bytes.
 */
#include "center/wishes.h"

#include <string.h>

static const char *const names[PROCESS_COUNT] = { "front", "keeper", "courier" };

const char *process_name(enum process_kind kind)
{
	return names[kind];
}

bool process_parse(const char *name, enum process_kind *kind)
{
	for (int i = 0; i < PROCESS_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*kind = (enum process_kind)i;
			return true;
		}
	return false;
}

void wishes_encode(const struct wishes *wishes, struct builder *to)
{
	put_u8(to, wishes->ephemeral);
	put_u8(to, wishes->restarted);
	put_text(to, text_of(wishes->listen));
	put_text(to, text_of(wishes->state));
	put_u32(to, wishes->organisation_count);
	for (uint32_t i = 0; i < wishes->organisation_count; i++)
		put_text(to, text_of(wishes->organisations[i]));
}

bool wishes_decode(struct reader *from, struct wishes *wishes)
{
	*wishes = (struct wishes){ .ephemeral = get_u8(from) };
	wishes->restarted = get_u8(from);
	bool fits = text_copy(get_text(from), wishes->listen, sizeof wishes->listen);
	fits &= text_copy(get_text(from), wishes->state, sizeof wishes->state);
	wishes->organisation_count = get_u32(from);
	if (wishes->organisation_count > WISHES_ORGANISATIONS)
		return false;
	for (uint32_t i = 0; i < wishes->organisation_count; i++)
		fits &= text_copy(get_text(from), wishes->organisations[i], sizeof wishes->organisations[i]);
	return fits && !from->failed;
}
