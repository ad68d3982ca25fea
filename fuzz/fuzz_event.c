/*
 * Stored events: whatever decodes holds only terminated texts, encodes to what decodes again, and prints as JSON with a
 * title.
 *
 * Sources: model/event.c, model/event_json.c, model/reason.c.
 */
#include "fuzz.h"
#include "model/event.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event event, back;
	struct reader reader = reader_of(data, size);
	char title[64];
	if (event_decode(&reader, &event, NULL))
		return 0;
	struct builder bytes = { 0 }, json = { 0 }, again = { 0 };
	event_encode(&event, &bytes);
	struct reader second = reader_of(bytes.at, bytes.size);
	CHECK(event_decode(&second, &back, NULL) == OK && reader_done(&second));
	event_encode(&back, &again);
	CHECK(again.size == bytes.size && memcmp(again.at, bytes.at, bytes.size) == 0);
	event_write_json(&event, &json);
	CHECK(!json.failed && json.at[json.size - 1] == '}' && !memchr(json.at, '\n', json.size));
	event_title(&event, title, sizeof title);
	CHECK(memchr(title, 0, sizeof title));
	builder_free(&bytes);
	builder_free(&json);
	builder_free(&again);
	return 0;
}
