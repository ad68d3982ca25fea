/*
 * What another server of TAXII answers, and what keeper and courier say of it: pages and status resources give items
 * and words that fit, or a failure with words; bodies of turns are read whole or not at all.
 *
 * Sources: intel/remote_read.c, center/turn.c.
 */
#include "center/item_part.h"
#include "center/turn.h"
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#define MOST 8u /* objects of a page */

struct seen {
	struct item_part part;
	uint64_t objects;
};

static enum error take(void *context, const struct item *item, struct arena *arena)
{
	struct seen *seen = context;
	CHECK(item->id.size > 0);
	seen->objects++;
	item_part_add(&seen->part, item, arena);
	return OK;
}

static enum error refuse(void *context, const char *words)
{
	struct seen *seen = context;
	CHECK(words[0]);
	seen->objects++;
	item_part_refuse(&seen->part, words, 1);
	return OK;
}

static void read_page(struct text body)
{
	struct seen seen = { 0 };
	struct builder part = { 0 };
	struct remote_answer answer = { 0 };
	struct failure failure = { 0 };
	const struct remote_reader reader = { take, refuse, &seen };
	enum error error = remote_page_read(body, MOST, &reader, &answer, &failure);
	CHECK(error == OK || failure.words[0]);
	CHECK(seen.objects <= MOST && (error != OK || answer.objects == seen.objects));
	CHECK(memchr(answer.next, 0, sizeof answer.next));
	item_part_write(&seen.part, (struct uuid){ 0 }, true, answer.objects, &part);
	CHECK(!part.failed && seen.part.items == 0);
	builder_free(&part);
	item_part_free(&seen.part);
}

static void read_status(struct text body)
{
	struct remote_answer answer = { 0 };
	struct failure failure = { 0 };
	if (remote_status_read(body, &answer, &failure) == OK) {
		CHECK(answer.status[0] && !strpbrk(answer.status, "/?#% \r\n"));
		json_t *list = json_loadb(answer.failures.at, answer.failures.size, 0, NULL);
		CHECK(json_is_array(list) && json_array_size(list) <= REMOTE_FAILURES);
		json_decref(list);
	} else {
		CHECK(failure.words[0]);
	}
	builder_free(&answer.failures);
}

static void read_turn(struct text body)
{
	struct turn turn;
	struct builder again = { 0 };
	if (!turn_read(body, &turn))
		return;
	turn_write(&turn, &again);
	CHECK(!again.failed && text_equal((struct text){ again.at, again.size }, body));
	builder_free(&again);
}

static void read_turned(struct text body)
{
	struct turned turned, same;
	struct builder again = { 0 };
	if (!turned_read(body, &turned))
		return;
	CHECK(turned.result <= ERROR_AGAIN && memchr(turned.words, 0, sizeof turned.words));
	turned_write(&turned, &again);
	CHECK(!again.failed && turned_read((struct text){ again.at, again.size }, &same));
	CHECK(same.answer.good == turned.answer.good && strcmp(same.answer.next, turned.answer.next) == 0);
	builder_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct text) = { read_page, read_status, read_turn, read_turned };
	if (size > 0)
		readers[data[0] % 4]((struct text){ (const char *)data + 1, size - 1 });
	return 0;
}
