/*
 * The options of signatures that say what a buffer holds: content and what modifies it, pcre, isdataat, byte_test,
 * bsize and dsize.
 */
#include "base/character.h"
#include "match/signature_inside.h"

#include <string.h>

#define CONTENT_LONGEST 2048 /* bytes */
#define FARTHEST 65535       /* of offsets and distances */

struct condition *draft_condition(struct signature_draft *draft, enum condition_kind kind)
{
	if (draft->condition_count == sizeof draft->conditions / sizeof *draft->conditions)
		return NULL;
	if (draft->group_count == 0)
		draft->groups[draft->group_count++] = (struct group){ { BUFFER_PAYLOAD, BUFFER_COUNT }, 0, 0 };
	struct condition *condition = &draft->conditions[draft->condition_count++];
	*condition = (struct condition){ .kind = kind };
	draft->groups[draft->group_count - 1].count++;
	return condition;
}

struct condition *draft_last_content(struct signature_draft *draft)
{
	size_t group = draft->group_count;
	if (group > 1 && draft->groups[group - 1].count == 0 && draft->groups[group - 1].buffers[0] == BUFFER_PAYLOAD)
		group--; /* behind the older form of a buffer, which stands after its content */
	for (size_t i = group ? draft->groups[group - 1].count : 0; i > 0; i--) {
		struct condition *condition = &draft->conditions[draft->groups[group - 1].first + i - 1];
		if (condition->kind == CONDITION_CONTENT)
			return condition;
	}
	return NULL;
}

static enum error too_many(struct failure *failure)
{
	return fail(failure, ERROR_INPUT, "more than 256 conditions");
}

/* Takes a '!' before the value. */
static bool take_negation(struct text *value)
{
	*value = text_trim(*value);
	if (value->size == 0 || value->at[0] != '!')
		return false;
	*value = text_trim((struct text){ value->at + 1, value->size - 1 });
	return true;
}

static bool take_quotes(struct text *value)
{
	if (value->size < 2 || value->at[0] != '"' || value->at[value->size - 1] != '"')
		return false;
	*value = (struct text){ value->at + 1, value->size - 2 };
	return true;
}

/* "abc|0d 0a|\"": the bytes it stands for; negative when it is malformed. */
static int content_bytes(struct text text, uint8_t to[static CONTENT_LONGEST])
{
	int size = 0, high = -1;
	bool hex = false;
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		int value = (unsigned char)c;
		if (c == '|') {
			if (high >= 0)
				return -1;
			hex = !hex;
			continue;
		}
		if (hex) {
			if (c == ' ')
				continue;
			value = char_hex(c);
			if (value < 0)
				return -1;
			if (high < 0) {
				high = value;
				continue;
			}
			value += high << 4;
			high = -1;
		} else if (c == '\\') {
			if (++i == text.size || !strchr("\\\";:|", text.at[i]))
				return -1;
			value = (unsigned char)text.at[i];
		}
		if (size == CONTENT_LONGEST)
			return -1;
		to[size++] = (uint8_t)value;
	}
	return hex ? -1 : size;
}

enum error content_take(struct signature_draft *draft, struct text value, struct failure *failure)
{
	uint8_t bytes[CONTENT_LONGEST];
	bool negated = take_negation(&value);
	int size = take_quotes(&value) ? content_bytes(value, bytes) : -1;
	if (size <= 0)
		return fail(failure, ERROR_INPUT, "content: \"%.*s\" is malformed or empty",
		    (int)(value.size < 80 ? value.size : 80), value.at ? value.at : "");
	if (draft->colons_removed) {
		int kept = 0;
		for (int i = 0; i < size; i++)
			if (bytes[i] != ':')
				bytes[kept++] = bytes[i];
		size = kept;
	}
	struct condition *content = draft_condition(draft, CONDITION_CONTENT);
	if (!content || size == 0)
		return too_many(failure);
	uint8_t *copy = arena_take(draft->reader->arena, (size_t)size);
	if (!copy)
		return fail(failure, ERROR_MEMORY, "no memory");
	memcpy(copy, bytes, (size_t)size);
	content->bytes = copy;
	content->size = (uint32_t)size;
	content->negated = negated;
	return OK;
}

/* ── modifiers ─ */

static bool small_number(struct text value, int64_t least, int32_t *number)
{
	int64_t got;
	if (!text_to_i64(value, &got) || got < least || got > FARTHEST)
		return false;
	*number = (int32_t)got;
	return true;
}

static void make_nocase(struct condition *content)
{
	uint8_t *bytes = (uint8_t *)content->bytes; /* the arena's, and still ours alone */
	for (uint32_t i = 0; i < content->size; i++)
		bytes[i] = (uint8_t)char_lower((char)bytes[i]);
	content->nocase = true;
}

static enum error modify_place(struct condition *content, struct text name, struct text value, struct failure *failure)
{
	bool good;
	if (text_equal(name, TEXT("depth"))) {
		good = small_number(value, 1, &content->depth) && content->depth >= (int32_t)content->size;
		content->has_depth = true;
	} else if (text_equal(name, TEXT("offset"))) {
		good = small_number(value, 0, &content->offset);
		content->has_offset = true;
	} else if (text_equal(name, TEXT("distance"))) {
		good = small_number(value, -FARTHEST, &content->distance);
		content->relative = content->has_distance = true;
	} else {
		good = small_number(value, 1, &content->within) && content->within >= (int32_t)content->size;
		content->relative = content->has_within = true;
	}
	if (!good)
		return fail(failure, ERROR_INPUT, "%.*s: \"%.*s\" is no number that fits here (variables are not read)",
		    (int)name.size, name.at, (int)(value.size < 40 ? value.size : 40), value.at ? value.at : "");
	if (content->relative && (content->has_depth || content->has_offset))
		return fail(failure, ERROR_INPUT, "distance and within do not go with offset and depth of one content");
	return OK;
}

enum error content_modify(struct signature_draft *draft, struct text name, struct text value, struct failure *failure)
{
	static const char *const places[] = { "depth", "offset", "distance", "within" };
	static const char *const words[] = { "nocase", "startswith", "endswith", "fast_pattern" };
	int place = -1, word = -1;
	for (int i = 0; i < 4; i++) {
		place = text_equal(name, text_of(places[i])) ? i : place;
		word = text_equal(name, text_of(words[i])) ? i : word;
	}
	if (place < 0 && word < 0)
		return ERROR_NOT_FOUND;
	struct condition *content = draft_last_content(draft);
	if (!content)
		return fail(failure, ERROR_INPUT, "%.*s: there is no content before it", (int)name.size, name.at);
	if (place >= 0)
		return modify_place(content, name, value, failure);
	if (value.size > 0 && word != 3)
		return fail(failure, ERROR_INPUT, "%.*s takes no value", (int)name.size, name.at);
	if (word == 0)
		make_nocase(content);
	content->starts |= word == 1;
	content->ends |= word == 2;
	content->fast |= word == 3 && value.size == 0; /* fast_pattern:only and :N,M only say how to look */
	if (word == 1) {
		if (content->relative || content->has_offset || content->has_depth)
			return fail(failure, ERROR_INPUT, "startswith goes with no offset, depth, distance or within");
		content->has_offset = content->has_depth = true;
		content->depth = (int32_t)content->size;
	}
	return OK;
}

/* ── pcre ─ */

static bool pcre_flag(char flag, uint32_t *options, bool *relative)
{
	switch (flag) {
	case 'i':
		*options |= PCRE2_CASELESS;
		return true;
	case 's':
		*options |= PCRE2_DOTALL;
		return true;
	case 'm':
		*options |= PCRE2_MULTILINE;
		return true;
	case 'x':
		*options |= PCRE2_EXTENDED;
		return true;
	case 'A':
		*options |= PCRE2_ANCHORED;
		return true;
	case 'E':
		*options |= PCRE2_DOLLAR_ENDONLY;
		return true;
	case 'G':
		*options |= PCRE2_UNGREEDY;
		return true;
	case 'R':
		*relative = true;
		return true;
	default:
		return false;
	}
}

enum error pcre_take(struct signature_draft *draft, struct text value, struct failure *failure)
{
	bool negated = take_negation(&value), relative = false;
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;
	if (!take_quotes(&value) || value.size < 2 || value.at[0] != '/')
		return fail(failure, ERROR_INPUT, "pcre: expected \"/expression/flags\"");
	size_t end = value.size;
	while (end > 1 && value.at[end - 1] != '/')
		end--;
	for (size_t i = end; i < value.size; i++)
		if (!pcre_flag(value.at[i], &options, &relative))
			return fail(failure, ERROR_INPUT, "pcre: the flag %c is not read", value.at[i]);
	if (end < 2)
		return fail(failure, ERROR_INPUT, "pcre: expected \"/expression/flags\"");
	struct condition *condition = draft_condition(draft, CONDITION_PCRE);
	if (!condition)
		return too_many(failure);
	int number;
	size_t place;
	/* \; \" and \: mean the characters themselves in PCRE too */
	condition->code = pcre2_compile((PCRE2_SPTR)value.at + 1, end - 2, options, &number, &place, NULL);
	if (!condition->code) {
		char words[120] = "";
		pcre2_get_error_message(number, (PCRE2_UCHAR *)words, sizeof words);
		return fail(failure, ERROR_INPUT, "pcre: at byte %zu: %s", place, words);
	}
	condition->negated = negated;
	condition->relative = relative;
	return OK;
}

/* ── numbers ─ */

enum error data_at_take(struct signature_draft *draft, struct text value, struct failure *failure)
{
	bool negated = take_negation(&value);
	struct text first = text_trim(text_cut(&value, ','));
	struct condition *condition = draft_condition(draft, CONDITION_DATA_AT);
	if (!condition)
		return too_many(failure);
	condition->negated = negated;
	if (!text_to_u64(first, &condition->value) || condition->value > FARTHEST)
		return fail(failure, ERROR_INPUT, "isdataat: expected a number up to %d", FARTHEST);
	while (value.size > 0) {
		struct text word = text_trim(text_cut(&value, ','));
		if (text_equal(word, TEXT("relative")))
			condition->relative = true;
		else if (!text_equal(word, TEXT("rawbytes")))
			return fail(failure, ERROR_INPUT, "isdataat: \"%.*s\" is not read", (int)word.size, word.at);
	}
	return OK;
}

static bool comparison_of(struct text text, enum comparison *comparison)
{
	static const char *const names[] = { "=", "<", ">", "<=", ">=", "&", "^" };
	for (int i = 0; i < 7; i++)
		if (text_equal(text, text_of(names[i]))) {
			*comparison = (enum comparison)i;
			return true;
		}
	return false;
}

/* Decimal, or hexadecimal behind 0x. */
static bool any_number(struct text text, uint64_t *value)
{
	if (!text_starts(text, TEXT("0x")))
		return text_to_u64(text, value);
	if (text.size < 3 || text.size > 18)
		return false;
	*value = 0;
	for (size_t i = 2; i < text.size; i++) {
		int digit = char_hex(text.at[i]);
		if (digit < 0)
			return false;
		*value = *value << 4 | (unsigned)digit;
	}
	return true;
}

static bool byte_test_word(struct condition *test, struct text word)
{
	static const struct {
		const char *name;
		uint8_t base;
	} bases[] = { { "dec", 10 }, { "hex", 16 }, { "oct", 8 } };
	for (size_t i = 0; i < 3; i++)
		if (text_equal(word, text_of(bases[i].name))) {
			test->base = bases[i].base;
			return test->string;
		}
	test->relative |= text_equal(word, TEXT("relative"));
	test->little |= text_equal(word, TEXT("little"));
	test->string |= text_equal(word, TEXT("string"));
	return text_equal(word, TEXT("relative")) || text_equal(word, TEXT("little")) ||
	       text_equal(word, TEXT("string")) || text_equal(word, TEXT("big"));
}

enum error byte_test_take(struct signature_draft *draft, struct text value, struct failure *failure)
{
	uint64_t width;
	struct condition *test = draft_condition(draft, CONDITION_BYTES);
	if (!test)
		return too_many(failure);
	bool good = text_to_u64(text_trim(text_cut(&value, ',')), &width) && width > 0;
	struct text comparison = text_cut(&value, ',');
	test->negated = take_negation(&comparison);
	good = good && comparison_of(comparison, &test->comparison) &&
	       any_number(text_trim(text_cut(&value, ',')), &test->value) &&
	       small_number(text_trim(text_cut(&value, ',')), -FARTHEST, &test->offset);
	while (good && value.size > 0)
		good = byte_test_word(test, text_trim(text_cut(&value, ',')));
	if (!good || width > (test->string ? 23 : 8))
		return fail(failure, ERROR_INPUT,
		    "byte_test: expected bytes, [!]comparison, value, offset, and words that are read");
	test->width = (uint32_t)width;
	return OK;
}

/* "100", "<100", ">=100", "10<>100", "!100" */
enum error size_take(struct signature_draft *draft, struct text value, struct failure *failure)
{
	bool negated = take_negation(&value);
	struct condition *size = draft_condition(draft, CONDITION_SIZE);
	if (!size)
		return too_many(failure);
	size->negated = negated;
	ptrdiff_t between = text_find(value, TEXT("<>"));
	bool good;
	if (between >= 0) {
		size->comparison = COMPARE_BETWEEN;
		good = text_to_u64(text_trim((struct text){ value.at, (size_t)between }), &size->value) &&
		       text_to_u64(text_trim((struct text){ value.at + between + 2, value.size - (size_t)between - 2 }),
			   &size->most);
	} else {
		size_t sign = 0;
		while (sign < value.size && sign < 2 && strchr("<>=", value.at[sign]))
			sign++;
		good = (sign == 0 || comparison_of((struct text){ value.at, sign }, &size->comparison)) &&
		       text_to_u64(text_trim((struct text){ value.at + sign, value.size - sign }), &size->value);
	}
	return good ? OK : fail(failure, ERROR_INPUT, "expected a size, as 100, <100, >100 or 10<>100");
}
