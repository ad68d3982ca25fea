/*
 * Sizes in bytes, with their units; see size.h.
 */
#include "base/size.h"

#include "base/character.h"

#include <inttypes.h>

static const struct {
	const char *name;
	uint64_t bytes;
} sizes[] = {
	{ "TiB", UINT64_C(1) << 40 },
	{ "GiB", 1 << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KB", 1000 },
	{ "MB", 1000 * 1000 },
	{ "GB", 1000 * 1000 * 1000 },
	{ "TB", UINT64_C(1000) * 1000 * 1000 * 1000 },
};

bool size_parse(struct text text, uint64_t *bytes)
{
	size_t digits = 0;
	while (digits < text.size && (char_is_digit(text.at[digits]) || text.at[digits] == '.'))
		digits++;
	struct text number = { text.at, digits },
		    unit = text_trim((struct text){ text.at + digits, text.size - digits });
	struct text whole = text_cut(&number, '.');
	uint64_t count, part = 0, scale = 1;
	if (!text_to_u64(whole, &count) || (whole.size < digits && (number.size > 9 || !text_to_u64(number, &part))))
		return false;
	for (size_t i = 0; i < number.size; i++)
		scale *= 10;
	if (unit.size == 0 && count == 0 && part == 0) {
		*bytes = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (text_equal(unit, text_of(sizes[i].name))) {
			uint64_t rest = (uint64_t)((unsigned __int128)part * sizes[i].bytes / scale);
			return !__builtin_mul_overflow(count, sizes[i].bytes, &count) &&
			       !__builtin_add_overflow(count, rest, bytes);
		}
	return false;
}

void size_format(uint64_t bytes, struct builder *to)
{
	size_t i = 0;
	while (bytes % sizes[i].bytes || (bytes == 0 && sizes[i].bytes > 1))
		i++; /* ends at "B" */
	build_format(to, "%" PRIu64 " %s", bytes / sizes[i].bytes, sizes[i].name);
}
