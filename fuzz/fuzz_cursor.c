/*
 * Where a list goes on: any text is a cursor that writes back as the same place, or is refused in words.
 *
 * Sources: store/cursor.c.
 */
#include "fuzz.h"
#include "store/query.h"

#include <string.h>

#define LIST 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page page = { .after = { (const char *)data, size } };
	struct cursor cursor, back;
	struct failure failure = { 0 };
	if (cursor_read(&page, LIST, &cursor, &failure) != OK) {
		CHECK(failure.words[0]);
		return 0;
	}
	CHECK(cursor.none == (size == 0));
	if (cursor.none)
		return 0;
	cursor_write(&page, LIST, cursor.key, cursor.id);
	CHECK(strlen(page.next) == size);
	page.after = text_of(page.next);
	CHECK(cursor_read(&page, LIST, &back, &failure) == OK);
	CHECK(back.key == cursor.key && uuid_equal(back.id, cursor.id));
	return 0;
}
