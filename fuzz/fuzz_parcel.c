/*
 * intel/parcel.h: whatever a sealed file holds, it is read to its end or refused; what was read, written again, is read
 * as the same. And intel/parcel_form.h: any bytes are of the same form as themselves, or of no form.
 *
 * Sources: intel/parcel.c, intel/parcel_form.c.
 */
#include "fuzz.h"
#include "intel/parcel.h"
#include "intel/parcel_form.h"

#include <string.h>

static void write_line(const struct parcel_line *line, struct builder *to)
{
	static const char *const members[] = { "object", "withdrawn", "shared", "message" };
	build_format(to, "{\"%s\":", members[line->kind]);
	if (line->kind == PARCEL_WITHDRAWN)
		build_json_string(to, line->id);
	else
		build_text(to, line->json);
	build_text(to, TEXT(",\"collection\":"));
	build_json_string(to, line->collection);
	build_text(to, TEXT("}\n"));
}

/* How many lines; `to` gets them all once more. UINT64_MAX: refused. */
static uint64_t read_all(struct parcel_reader *reader, struct text content, struct builder *to)
{
	struct parcel_head head;
	struct parcel_line line;
	struct failure failure = { 0 };
	uint64_t lines = 0;
	enum error error = parcel_begin(reader, content, &head, &failure);
	if (!error)
		parcel_head_build(&head, to);
	while (!error && !(error = parcel_next(reader, &line, &failure))) {
		CHECK(line.kind == PARCEL_WITHDRAWN || line.json.size >= 2);
		CHECK(line.kind > PARCEL_WITHDRAWN || item_id_valid(line.id));
		write_line(&line, to);
		lines++;
	}
	CHECK(error == ERROR_END || error == ERROR_INPUT || error == ERROR_VERSION || error == ERROR_LIMIT);
	CHECK(error == ERROR_END || failure.words[0]);
	build_format(to, "{\"end\":%llu}\n", (unsigned long long)lines);
	return error == ERROR_END ? lines : UINT64_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = { (const char *)data, size };
	struct builder again = { 0 }, third = { 0 };
	struct parcel_reader *reader = parcel_reader_new();
	CHECK(reader);
	uint64_t lines = read_all(reader, content, &again);
	if (lines != UINT64_MAX) {
		CHECK(!again.failed);
		CHECK(read_all(reader, (struct text){ again.at, again.size }, &third) == lines);
		CHECK(text_equal((struct text){ again.at, again.size }, (struct text){ third.at, third.size }));
	}
	for (size_t part = 0; part < size && part < 8; part++) {
		struct text front = { content.at, part }, back = { content.at + part, size - part };
		CHECK(parcel_same_form(front, back) == parcel_same_form(back, front));
		CHECK(!parcel_same_form(back, front) || parcel_same_form(back, back));
	}
	CHECK(parcel_same_form(content, content) == parcel_same_form(content, content));
	parcel_reader_free(reader);
	builder_free(&again);
	builder_free(&third);
	return 0;
}
