/*
 * Where a list goes on: any text is a cursor that writes back as the same place, or is refused in words. The
 * same of the bytes of one whose checksum was made right.
 *
 * Sources: store/cursor.c.
 */
#include "base/codec.h"
#include "fuzz.h"
#include "store/query.h"

#include <string.h>

#define LIST 5

static void check_cursor(struct text after)
{
	struct page page = { .after = after };
	struct cursor cursor, back;
	struct failure failure = { 0 };
	if (cursor_read(&page, LIST, &cursor, &failure) != OK) {
		CHECK(failure.words[0]);
		return;
	}
	CHECK(cursor.none == (after.size == 0));
	if (cursor.none)
		return;
	cursor_write(&page, LIST, cursor.key, cursor.id);
	CHECK(strlen(page.next) == after.size);
	page.after = text_of(page.next);
	CHECK(cursor_read(&page, LIST, &back, &failure) == OK);
	CHECK(back.key == cursor.key && uuid_equal(back.id, cursor.id));
}

/* What a client would have to forge: the bytes of a cursor with the checksum that belongs to them. */
static void check_forged(struct text bytes)
{
	struct builder whole = { 0 };
	char text[HEX_SIZE(64)];
	build_text(&whole, bytes);
	put_u32(&whole, checksum(0, bytes.at, bytes.size));
	CHECK(!whole.failed);
	check_cursor(text_of(hex_format(whole.at, whole.size, text)));
	builder_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	check_cursor(text);
	if (size <= 60)
		check_forged(text);
	return 0;
}
