/*
 * Looking for what may not be told (secret.h): a text is read in several ways (secret_view.h), and every view is
 * searched for each word and each address. Decoded parts are texts again, three deep.
 */
#include "intel/secret.h"

#include "intel/secret_view.h"

#include <ctype.h>
#include <string.h>

#define DEEPEST 3

/* ── searching one view ─ */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Four numbers between dots, dashes or underscores, in their order or reversed. */
static bool is_their_quad(const struct secrets *secrets, const unsigned parts[4])
{
	struct address address = { { [10] = 0xff, [11] = 0xff } };
	if (parts[0] > 255 || parts[1] > 255 || parts[2] > 255 || parts[3] > 255)
		return false;
	for (int reversed = 0; reversed < 2; reversed++) {
		for (int i = 0; i < 4; i++)
			address.bytes[12 + i] = (uint8_t)parts[reversed ? 3 - i : i];
		if (secrets_hold_address(secrets, address))
			return true;
	}
	return false;
}

static bool holds_quad(const struct secrets *secrets, struct text view)
{
	unsigned parts[4] = { 0 }, count = 0;
	for (size_t i = 0; i < view.size;) {
		if (!is_digit(view.at[i])) {
			count = 0;
			i++;
			continue;
		}
		unsigned value = 0;
		for (; i < view.size && is_digit(view.at[i]); i++)
			value = value < 1000 ? value * 10 + (unsigned)(view.at[i] - '0') : value;
		memmove(parts, parts + 1, 3 * sizeof parts[0]);
		parts[3] = value;
		count++;
		if (count >= 4 && is_their_quad(secrets, parts))
			return true;
		if (i < view.size && (view.at[i] == '.' || view.at[i] == '-' || view.at[i] == '_'))
			i++;
		else
			count = 0;
	}
	return false;
}

static bool is_v6_character(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* What stands around each colon. */
static bool holds_v6(const struct secrets *secrets, struct text view)
{
	const char *colon;
	for (size_t i = 0; i < view.size && (colon = memchr(view.at + i, ':', view.size - i));) {
		size_t from = (size_t)(colon - view.at), size = 0;
		while (from > i && is_v6_character(view.at[from - 1]))
			from--;
		while (from + size < view.size && is_v6_character(view.at[from + size]))
			size++;
		i = from + size;
		struct text run = { view.at + from, size };
		struct address address;
		while (run.size && (run.at[run.size - 1] == '.' ||
				       (run.size > 2 && run.at[run.size - 1] == ':' && run.at[run.size - 2] != ':')))
			run.size--;
		if (memchr(run.at, ':', run.size) && address_parse(run, &address) &&
		    secrets_hold_address(secrets, address))
			return true;
	}
	return false;
}

static bool searched(const struct secrets *secrets, struct text view, unsigned holds)
{
	return secrets_hold_word(secrets, view) ||
	       (secrets->prefix_count && (((holds & VIEW_DIGIT) && holds_quad(secrets, view)) ||
					     ((holds & VIEW_COLON) && holds_v6(secrets, view))));
}

/* ── every view of a text ─ */

/* The views of each depth have their memory until the end: a text may have tens of thousands of runs. */
struct looking {
	const struct secrets *secrets;
	struct level {
		struct builder folded, meant, plain, bytes;
	} levels[DEEPEST + 1];
};

static struct text text_in(const struct builder *builder)
{
	return (struct text){ builder->at, builder->size };
}

static bool look(struct looking *looking, struct text text, unsigned depth);

/* The bytes of a run, read from each of four places, or two; of UTF-16 every other byte is left out by folding. */
static bool look_run(struct looking *looking, const struct view_run *run, unsigned depth)
{
	struct builder *bytes = &looking->levels[depth].bytes;
	for (size_t skip = run->base64 ? 0 : 4; skip < (run->hex ? 6 : 4); skip++) {
		builder_clear(bytes);
		if (skip < 4)
			view_base64(bytes, run->text, skip);
		else
			view_hex(bytes, run->text, skip - 4);
		if (bytes->failed || look(looking, text_in(bytes), depth + 1))
			return true;
	}
	return false;
}

static bool look_deeper(struct looking *looking, struct text text, unsigned holds, unsigned depth)
{
	struct level *level = &looking->levels[depth];
	struct view_run run;
	builder_clear(&level->plain);
	if ((holds & VIEW_ESCAPE) && view_unescape(&level->plain, text) &&
	    (level->plain.failed || look(looking, text_in(&level->plain), depth + 1)))
		return true;
	while (view_cut_run(&text, &run))
		if (look_run(looking, &run, depth))
			return true;
	return false;
}

static bool look(struct looking *looking, struct text text, unsigned depth)
{
	struct level *level = &looking->levels[depth];
	builder_clear(&level->folded);
	builder_clear(&level->meant);
	unsigned holds = view_fold(&level->folded, text);
	if (level->folded.failed || searched(looking->secrets, text_in(&level->folded), holds))
		return true;
	if ((holds & VIEW_FANG) && view_refang(&level->meant, text_in(&level->folded)) &&
	    (level->meant.failed || searched(looking->secrets, text_in(&level->meant), holds)))
		return true;
	return depth < DEEPEST && look_deeper(looking, text, holds, depth);
}

bool secrets_stand_in(const struct secrets *secrets, struct text text)
{
	struct builder folded = { 0 }, meant = { 0 };
	unsigned holds = view_fold(&folded, text);
	bool found = searched(secrets, text_in(&folded), holds) ||
		     (view_refang(&meant, text_in(&folded)) && searched(secrets, text_in(&meant), holds)) ||
		     folded.failed || meant.failed;
	builder_free(&folded);
	builder_free(&meant);
	return found;
}

bool secrets_found(const struct secrets *secrets, struct text text)
{
	struct looking looking = { .secrets = secrets };
	bool found = look(&looking, text, 0);
	for (unsigned i = 0; i <= DEEPEST; i++) {
		struct level *level = &looking.levels[i];
		builder_free(&level->folded);
		builder_free(&level->meant);
		builder_free(&level->plain);
		builder_free(&level->bytes);
	}
	return found;
}
