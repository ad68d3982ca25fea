/*
 * What the processes of a centre tell each other, but for what fuzz_part.c has: any bytes as a body are refused, or
 * read within their bounds into texts that end. The first byte says which message.
 *
 * Sources: center/message_read.c.
 */
#include "center/message_read.h"
#include "fuzz.h"

#include <string.h>

static struct text output;

static void check_inside(struct text part, struct text body)
{
	CHECK(part.size == 0 || (part.at >= body.at && part.at + part.size <= body.at + body.size));
}

static void check_answer(struct text body)
{
	struct arena *arena = arena_new(0);
	struct answer answer;
	CHECK(arena);
	if (answer_read(body, arena, &answer, &output)) {
		check_inside(output, body);
		check_inside(answer.body, body);
		CHECK(strlen(answer.location) + strlen(answer.problem) <= body.size);
		CHECK(!answer.type || *answer.type);
		CHECK(!answer.cookie || strlen(answer.cookie) <= body.size);
	}
	arena_free(arena);
}

static void check_ends(const char *words, size_t room)
{
	CHECK(memchr(words, 0, room));
}

static void check_deliver(struct text body)
{
	struct deliver deliver;
	if (!deliver_read(body, &deliver))
		return;
	check_ends(deliver.topic, sizeof deliver.topic);
	check_inside(deliver.letter, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct text body = { (const char *)data + 1, size - 1 };
	struct admitted admitted;
	struct ingested ingested;
	struct changed changed;
	struct delivered delivered;
	switch (data[0] % 6) {
	case 0:
		check_answer(body);
		break;
	case 1:
		if (admitted_read(body, &admitted))
			check_ends(admitted.words, sizeof admitted.words);
		break;
	case 2:
		if (ingested_read(body, &ingested))
			check_ends(ingested.words, sizeof ingested.words);
		break;
	case 3:
		if (changed_read(body, &changed))
			check_ends(changed.noun, sizeof changed.noun), check_ends(changed.id, sizeof changed.id);
		break;
	case 4:
		check_deliver(body);
		break;
	default:
		if (delivered_read(body, &delivered))
			check_ends(delivered.words, sizeof delivered.words);
		break;
	}
	return 0;
}
