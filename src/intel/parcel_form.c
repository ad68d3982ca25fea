/*
 * Two DER texts walked side by side; see parcel_form.h.
 */
#include "intel/parcel_form.h"

#define DEEPEST 16
enum { BIT_STRING = 0x03, OCTET_STRING = 0x04, CONTENT = 0x80, CONSTRUCTED = 0x20, LONG_TAG = 0x1f };

struct element {
	uint8_t tag;
	struct text value;
};

/* The first element of *rest, which becomes what is behind it. */
static bool take(struct text *rest, struct element *element)
{
	size_t head = 2, size;
	if (rest->size < head)
		return false;
	element->tag = (uint8_t)rest->at[0];
	size = (uint8_t)rest->at[1];
	if ((element->tag & LONG_TAG) == LONG_TAG)
		return false;
	if (size & 0x80) {
		size_t digits = size & 0x7f;
		if (digits == 0 || digits > 4 || rest->size < head + digits)
			return false;
		size = 0;
		for (size_t i = 0; i < digits; i++)
			size = size << 8 | (uint8_t)rest->at[head + i];
		if (size < 0x80 || size >> (8 * (digits - 1)) == 0)
			return false;
		head += digits;
	}
	if (rest->size - head < size)
		return false;
	element->value = (struct text){ rest->at + head, size };
	*rest = (struct text){ rest->at + head + size, rest->size - head - size };
	return true;
}

static bool is_uncompressed(struct text point)
{
	static const char begins[] = { 0, 4 };
	return text_starts(point, (struct text){ begins, sizeof begins });
}

static bool same_value(const struct element *one, const struct element *other)
{
	switch (one->tag) {
	case CONTENT:
		return true;
	case OCTET_STRING:
		return one->value.size == other->value.size;
	case BIT_STRING:
		return one->value.size == other->value.size && is_uncompressed(one->value) &&
		       is_uncompressed(other->value);
	default:
		return text_equal(one->value, other->value);
	}
}

static bool same(struct text one, struct text other, unsigned depth)
{
	while (one.size && other.size) {
		struct element first, second;
		if (!take(&one, &first) || !take(&other, &second) || first.tag != second.tag)
			return false;
		bool inner = first.tag & CONSTRUCTED;
		if (inner ? depth == DEEPEST || !same(first.value, second.value, depth + 1)
			  : !same_value(&first, &second))
			return false;
	}
	return one.size == 0 && other.size == 0;
}

bool parcel_same_form(struct text one, struct text other)
{
	return same(one, other, 0);
}
