/*
 * match/indicator_recent.h: any lines of changes are taken or refused in words; what the overlay says of an indicator
 * is what the folded set says; forgetting what was folded leaves nothing.
 *
 * Sources: match/indicator_recent.c.
 */
#include "fuzz.h"
#include "match/indicator_recent.h"

#include <string.h>

static void count(void *context, const struct indicator_match *match)
{
	CHECK(match->kind < INDICATOR_KINDS && match->action < INDICATOR_ACTIONS && match->number > 0);
	++*(uint32_t *)context;
}

static void take_lines(struct indicator_recent *recent, struct text text)
{
	while (text.size > 0) {
		struct failure failure = { 0 };
		uint64_t before = indicator_recent_state(recent).number;
		struct text line = text_cut(&text, '\n');
		enum error error = indicator_recent_take(recent, line, &failure);
		CHECK(error == OK || failure.words[0]);
		CHECK(error == OK || indicator_recent_state(recent).number == before);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure failure = { 0 };
	struct indicator_overlay *overlay;
	struct indicator_set *folded;
	uint32_t added = 0, in_all = 0;
	struct indicator_recent *recent = indicator_recent_new();
	CHECK(recent);
	take_lines(recent, (struct text){ (const char *)data, size });
	struct indicator_recent_state state = indicator_recent_state(recent);
	CHECK(indicator_recent_compile(recent, &overlay, &failure) == OK);
	CHECK(indicator_recent_fold(recent, NULL, &folded, &failure) == OK);
	indicator_set_each(indicator_overlay_added(overlay), count, &added);
	indicator_set_each(folded, count, &in_all);
	CHECK(added == in_all && indicator_set_as_of(folded) == state.number);
	indicator_recent_forget(recent, state.number);
	CHECK(indicator_recent_state(recent).changed == 0 && indicator_recent_state(recent).bytes == 0);
	indicator_set_free(folded);
	indicator_overlay_free(overlay);
	indicator_recent_free(recent);
	return 0;
}
