/*
 * Cursors: where a list goes on, as an opaque text. The text holds the list's kind and the sort key of the last row,
 * with a checksum against slips; what may be seen is decided by the scope alone, so a forged one shows nothing more.
 */
#include "base/codec.h"
#include "store/query.h"

#include <string.h>

#define CURSOR_BYTES 29 /* list, key, id, checksum */

uint32_t page_limit(const struct page *page)
{
	if (page->limit == 0)
		return 50;
	return page->limit > 500 ? 500 : page->limit;
}

/* Two lists of one letter would be one case twice, and one that is left out is a warning. */
static bool is_list(enum cursor_list list)
{
	switch (list) {
	case CURSOR_ACCOUNT:
	case CURSOR_ANNOUNCEMENT:
	case CURSOR_APPEARANCE:
	case CURSOR_BULLETIN:
	case CURSOR_CAMPAIGN:
	case CURSOR_COMMUNITY:
	case CURSOR_DECISION:
	case CURSOR_DISPATCH:
	case CURSOR_HAD:
	case CURSOR_ITEM:
	case CURSOR_LOG:
	case CURSOR_MEMBERSHIP:
	case CURSOR_NETWORK:
	case CURSOR_NOTICE:
	case CURSOR_ORGANISATION:
	case CURSOR_RANK:
	case CURSOR_SENSOR:
	case CURSOR_SHARED:
	case CURSOR_TIME:
	case CURSOR_TOKEN:
		return true;
	}
	return false;
}

enum error cursor_read(const struct page *page, enum cursor_list list, struct cursor *cursor, struct failure *failure)
{
	*cursor = (struct cursor){ .none = true };
	if (page->after.size == 0)
		return OK;
	uint8_t bytes[CURSOR_BYTES];
	if (!hex_parse(page->after, bytes, sizeof bytes))
		return fail(failure, ERROR_INPUT, "the cursor is not one that a list gave");
	struct reader from = reader_of(bytes, sizeof bytes);
	uint8_t kind = get_u8(&from);
	cursor->key = get_i64(&from);
	cursor->id = get_uuid(&from);
	if (get_u32(&from) != checksum(0, bytes, CURSOR_BYTES - 4) || kind != list || !is_list(list))
		return fail(failure, ERROR_INPUT, "the cursor is not one that this list gave");
	cursor->none = false;
	return OK;
}

void cursor_write(struct page *page, enum cursor_list list, int64_t key, struct uuid id)
{
	struct builder bytes = { 0 };
	put_u8(&bytes, (uint8_t)list);
	put_i64(&bytes, key);
	put_uuid(&bytes, id);
	put_u32(&bytes, checksum(0, bytes.at, bytes.size));
	page->next[0] = 0;
	if (!bytes.failed && HEX_SIZE(bytes.size) <= sizeof page->next)
		hex_format(bytes.at, bytes.size, page->next);
	builder_free(&bytes);
}
