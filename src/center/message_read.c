/*
 * Bodies of messages into structs. In: what another process of the centre sent. Out: all of it, or false. Called by
 * front, keeper and courier.
 */
#include "center/message_read.h"

#include "base/codec.h"

bool admitted_read(struct text body, struct admitted *admitted)
{
	struct reader from = reader_of(body.at, body.size);
	admitted->status = get_u16(&from);
	admitted->organisation = get_u32(&from);
	admitted->sensor = get_u32(&from);
	admitted->routes = get_u8(&from) != 0;
	admitted->telescope = get_u8(&from) != 0;
	admitted->quota = get_u64(&from);
	admitted->policy_version = get_u64(&from);
	admitted->policy = get_text(&from);
	text_copy(get_text(&from), admitted->words, sizeof admitted->words);
	return reader_done(&from);
}

bool ingested_read(struct text body, struct ingested *ingested)
{
	struct reader from = reader_of(body.at, body.size);
	ingested->status = get_u16(&from);
	ingested->repeated = get_u8(&from) != 0;
	ingested->lines = get_u32(&from);
	ingested->alerts = get_u32(&from);
	ingested->records = get_u32(&from);
	ingested->skipped = get_u32(&from);
	ingested->malformed = get_u32(&from);
	text_copy(get_text(&from), ingested->words, sizeof ingested->words);
	return reader_done(&from);
}

bool answer_read(struct text body, struct arena *arena, struct answer *answer, struct text *output)
{
	struct reader from = reader_of(body.at, body.size);
	*answer = (struct answer){ .status = get_u16(&from) };
	answer->version = get_u64(&from);
	answer->location = arena_string(arena, get_text(&from));
	uint8_t cookie = get_u8(&from);
	const char *value = arena_string(arena, get_text(&from));
	answer->cookie_age = get_u32(&from);
	answer->cookie = cookie == 0 ? NULL : value;
	answer->retry_after = get_u32(&from);
	answer->problem = arena_string(arena, get_text(&from));
	*output = get_text(&from);
	const char *type = arena_string(arena, get_text(&from));
	answer->type = type && *type ? type : NULL;
	answer->body = get_text(&from);
	answer->list = arena_string(arena, get_text(&from));
	answer->added_first = arena_string(arena, get_text(&from));
	answer->added_last = arena_string(arena, get_text(&from));
	answer->modified = get_i64(&from);
	if (answer->list && !*answer->list)
		answer->list = NULL;
	return reader_done(&from);
}

bool pushed_read(struct text body, struct pushed *pushed)
{
	struct reader from = reader_of(body.at, body.size);
	pushed->status = get_u16(&from);
	pushed->finished = get_u8(&from) != 0;
	pushed->total = get_u64(&from);
	pushed->good = get_u64(&from);
	pushed->bad = get_u64(&from);
	pushed->failures = get_text(&from);
	text_copy(get_text(&from), pushed->words, sizeof pushed->words);
	return reader_done(&from);
}

bool changed_read(struct text body, struct changed *changed)
{
	struct reader from = reader_of(body.at, body.size);
	changed->organisation = get_u32(&from);
	text_copy(get_text(&from), changed->noun, sizeof changed->noun);
	text_copy(get_text(&from), changed->id, sizeof changed->id);
	return reader_done(&from);
}

bool deliver_read(struct text body, struct deliver *deliver)
{
	struct reader from = reader_of(body.at, body.size);
	deliver->number = get_u64(&from);
	deliver->tries = get_u32(&from);
	text_copy(get_text(&from), deliver->topic, sizeof deliver->topic);
	deliver->letter = get_text(&from);
	return reader_done(&from);
}

bool delivered_read(struct text body, struct delivered *delivered)
{
	struct reader from = reader_of(body.at, body.size);
	delivered->number = get_u64(&from);
	delivered->result = (enum error)get_u16(&from);
	text_copy(get_text(&from), delivered->words, sizeof delivered->words);
	return reader_done(&from);
}
