/*
 * base/codec.h: the first half of the bytes says what is read, the rest is read; never past its end, and what is read
 * can be written back to the same bytes.
 *
 * Sources: base/codec.c.
 */
#include "base/codec.h"
#include "fuzz.h"

#include <string.h>

static void read_one(uint8_t what, struct reader *from, struct builder *back)
{
	switch (what % 8) {
	case 0:
		put_u8(back, get_u8(from));
		break;
	case 1:
		put_u16(back, get_u16(from));
		break;
	case 2:
		put_u32(back, get_u32(from));
		break;
	case 3:
		put_u64(back, get_u64(from));
		break;
	case 4:
		put_i64(back, get_i64(from));
		break;
	case 5:
		put_text(back, get_text(from));
		break;
	case 6:
		put_uuid(back, get_uuid(from));
		break;
	default: {
		const void *at = get_bytes(from, what);
		put_bytes(back, at, at ? what : 0);
	}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half = size / 2;
	struct reader reader = reader_of(data + half, size - half);
	struct builder back = { 0 };
	for (size_t i = 0; i < half && !reader.failed; i++) {
		size_t before = back.size;
		read_one(data[i], &reader, &back);
		if (reader.failed)
			back.size = before;
	}
	CHECK(!back.failed && back.size <= size - half);
	CHECK(back.size == 0 || memcmp(back.at, data + half, back.size) == 0);
	CHECK(!reader_done(&reader) || back.size == size - half);
	builder_free(&back);
	return 0;
}
