/*
 * The one C++ file: simdjson's DOM parser behind base/json.h. A value is an index into simdjson's tape (doc/tape.md of
 * its sources): 64-bit words, the type in the upper 8 bits; a container's word holds the index behind its end, a
 * string's word its place in the string buffer (u32 length, bytes), and a number is followed by a word with its value.
 *
 * No exception leaves this file: it is compiled without them, and simdjson then answers with error codes.
 */
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
#include "base/json.h"
#include "base/json_scan.h"
}

using simdjson::SIMDJSON_PADDING;

namespace
{

constexpr size_t smallest_room = 4096;
constexpr uint32_t few_keys = 64; /* up to here duplicates are looked for without sorting */
constexpr uint32_t root_slots = 2 * few_keys;

uint64_t payload(uint64_t word)
{
	return word & 0x00ffffffffffffff;
}

char type_of(uint64_t word)
{
	return static_cast<char>(word >> 56);
}

bool is_number(char type)
{
	return type == 'l' || type == 'u' || type == 'd';
}

} // namespace

struct json_parser {
	simdjson::dom::parser parser;
	simdjson::dom::document document;
	unsigned deepest = 0;
	char *source = nullptr;  /* the text as it came, padded; room bytes and the padding */
	char *patched = nullptr; /* the same with the too large numbers replaced, when there are any */
	size_t size = 0, room = 0;
	/* Made when first asked for; they change nothing that a caller sees. */
	mutable uint32_t *offsets = nullptr; /* of each tape word's value in the source */
	mutable size_t offsets_room = 0;
	mutable uint32_t mapped = 0, mapped_structurals = 0; /* up to here: tape index; simdjson's list */
	mutable uint32_t *keys = nullptr;                    /* tape indexes, while duplicates are looked for */
	mutable size_t keys_room = 0;
	mutable int duplicates = 0;     /* -1 = not looked for yet */
	mutable uint32_t duplicate = 0; /* the key's tape index */
	/* The members of the outermost object, found by hash: readers ask it for some thirty names, most of which are
	 * not there. */
	mutable bool root_indexed = false;
	mutable uint32_t root_duplicate = 0;    /* a key that stands there again: its tape index; 0 = none */
	mutable uint32_t root_keys[few_keys];   /* tape indexes */
	mutable uint8_t root_table[root_slots]; /* open addressing over root_keys, + 1; 0 = empty */

	~json_parser()
	{
		free(source);
		free(patched);
		free(offsets);
		free(keys);
	}

	uint64_t word(uint32_t index) const
	{
		return document.tape[index];
	}
	uint32_t tape_end() const
	{
		return static_cast<uint32_t>(payload(word(0)));
	}
	/* The value behind the one at `index`. */
	uint32_t after(uint32_t index) const
	{
		char type = type_of(word(index));
		if (type == '{' || type == '[')
			return static_cast<uint32_t>(word(index));
		return index + (is_number(type) ? 2 : 1);
	}
	struct text string(uint32_t index) const
	{
		const uint8_t *at = &document.string_buf[payload(word(index))];
		uint32_t length;
		memcpy(&length, at, sizeof length);
		return { reinterpret_cast<const char *>(at + sizeof length), length };
	}
	bool make_room(size_t need);
	bool map(uint32_t until) const;
	enum error refused(const char *reason, size_t skipped, struct failure *failure);
	uint32_t find_duplicate(uint32_t object) const;
};

bool json_parser::make_room(size_t need)
{
	if (need <= room)
		return true;
	size_t larger = std::max({ need, room * 2, smallest_room });
	free(source);
	free(patched);
	patched = nullptr;
	room = 0;
	source = static_cast<char *>(malloc(larger + SIMDJSON_PADDING));
	if (!source || parser.allocate(larger, deepest + 1) || document.allocate(larger))
		return false;
	room = larger;
	return true;
}

/* Where the values up to the tape index `until` stand in the source. simdjson's list of structural characters has one
 * entry for each value, bracket, comma and colon, in the order of the tape. */
bool json_parser::map(uint32_t until) const
{
	uint32_t end = tape_end();
	if (offsets_room < end) {
		uint32_t *larger = static_cast<uint32_t *>(realloc(offsets, end * sizeof *larger));
		if (!larger)
			return false;
		offsets = larger;
		offsets_room = end;
	}
	uint32_t index = mapped, i = mapped_structurals, count = parser.implementation->n_structural_indexes;
	for (; i < count && index < end && index <= until; i++) {
		uint32_t at = parser.implementation->structural_indexes[i];
		if (source[at] == ',' || source[at] == ':')
			continue;
		offsets[index] = at;
		index += is_number(type_of(word(index))) ? 2 : 1;
	}
	mapped = index;
	mapped_structurals = i;
	return index > until;
}

namespace
{

/* Equal keys have equal hashes; made of the ends of the key, which is enough to tell the keys of one object apart. */
uint32_t key_hash(struct text key)
{
	uint64_t first = 0, last = 0;
	if (key.size >= 8) {
		memcpy(&first, key.at, 8);
		memcpy(&last, key.at + key.size - 8, 8);
	} else if (key.size >= 4) {
		memcpy(&first, key.at, 4);
		memcpy(&last, key.at + key.size - 4, 4);
	} else if (key.size) {
		first = static_cast<unsigned char>(key.at[0]) |
			static_cast<uint64_t>(static_cast<unsigned char>(key.at[key.size / 2])) << 8;
		last = static_cast<unsigned char>(key.at[key.size - 1]);
	}
	uint64_t mixed = (first ^ last * 0x9e3779b97f4a7c15 ^ key.size) * 0xff51afd7ed558ccd;
	return static_cast<uint32_t>(mixed >> 32);
}

bool same_key(struct text a, struct text b)
{
	return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

bool is_of_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

struct text number_text(const struct json_parser *parser, uint32_t index)
{
	if (!parser->map(index))
		return { nullptr, 0 };
	size_t at = parser->offsets[index], end = at;
	while (end < parser->size && is_of_number(parser->source[end]))
		end++;
	return { parser->source + at, end - at };
}

/* In the patched text a number that does not fit becomes 0.5 and spaces: a real, at the same place. */
void patch_number(void *context, size_t at, size_t size)
{
	struct json_parser *parser = static_cast<struct json_parser *>(context);
	if (!parser->patched) {
		parser->patched = static_cast<char *>(malloc(parser->room + SIMDJSON_PADDING));
		if (!parser->patched)
			return;
		memcpy(parser->patched, parser->source, parser->size + SIMDJSON_PADDING);
	}
	memset(parser->patched + at, ' ', size);
	memcpy(parser->patched + at, "0.5", 3); /* every number that does not fit is longer */
}

/* The real values come back from the source; not a number where even a double is too small. */
void restore_numbers(struct json_parser *parser)
{
	uint32_t end = parser->tape_end();
	for (uint32_t index = 1; index < end; index = index + (is_number(type_of(parser->word(index))) ? 2 : 1)) {
		if (type_of(parser->word(index)) != 'd')
			continue;
		size_t at = parser->offsets[index];
		double value;
		if (memcmp(parser->source + at, parser->patched + at, 4) == 0)
			continue;
		if (!text_to_double(number_text(parser, index), &value))
			value = NAN;
		memcpy(&parser->document.tape[index + 1], &value, sizeof value);
	}
}

} // namespace

/* The fast parser said no: finds out where and why, and parses once more when only numbers were too large. */
enum error json_parser::refused(const char *reason, size_t skipped, struct failure *failure)
{
	struct json_offence offence;
	free(patched);
	patched = nullptr;
	if (!json_scan({ source, size }, deepest, patch_number, this, &offence))
		return fail(failure, ERROR_INPUT, "JSON, byte %zu: %s", offence.at + skipped, offence.words);
	if (patched) {
		simdjson::dom::element root;
		simdjson::error_code code = parser.parse_into_document(document, patched, size, false).get(root);
		if (!code && !map(tape_end() - 2))
			return fail(failure, ERROR_MEMORY, "no memory for a JSON text of %zu bytes", size);
		if (!code) {
			restore_numbers(this);
			return OK;
		}
		reason = simdjson::error_message(code);
	}
	return fail(failure, ERROR_INPUT, "JSON: unexpectedly refused: %s", reason);
}

extern "C" struct json_parser *json_parser_new(unsigned deepest)
{
	struct json_parser *parser = new (std::nothrow) json_parser;
	if (!parser)
		return nullptr;
	parser->deepest = std::min(std::max(deepest, 1u), static_cast<unsigned>(JSON_DEEPEST));
	if (!parser->make_room(smallest_room)) {
		delete parser;
		return nullptr;
	}
	return parser;
}

extern "C" void json_parser_free(struct json_parser *parser)
{
	delete parser;
}

extern "C" enum error json_parse(
    struct json_parser *parser, struct text text, struct json_value *root, struct failure *failure)
{
	size_t skipped = text.size >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* a byte order mark */
	size_t size = text.size - skipped;
	simdjson::dom::element element;
	*root = { parser, 0 };
	parser->mapped = 1;
	parser->mapped_structurals = 0;
	parser->root_indexed = false;
	parser->duplicates = 0;
	if (size > JSON_LARGEST)
		return fail(
		    failure, ERROR_INPUT, "JSON of %zu bytes; the largest that is read has %u", size, JSON_LARGEST);
	if (size == 0)
		return fail(failure, ERROR_INPUT, "JSON, byte 0: the text is empty");
	if (!parser->make_room(size))
		return fail(failure, ERROR_MEMORY, "no memory for a JSON text of %zu bytes", size);
	memcpy(parser->source, text.at + skipped, size);
	memset(parser->source + size, 0, SIMDJSON_PADDING);
	parser->size = size;
	simdjson::error_code code =
	    parser->parser.parse_into_document(parser->document, parser->source, size, false).get(element);
	if (code) {
		enum error error = parser->refused(simdjson::error_message(code), skipped, failure);
		if (error)
			return error;
	}
	root->index = 1;
	parser->duplicates = -1;
	return OK;
}

namespace
{

/* The first key that stands there again, 0 = none. A bit for each hash met: only where it is set already the keys
 * before are compared. */
uint32_t few_find_duplicate(const struct json_parser *parser, uint32_t first, uint32_t end)
{
	uint64_t met[16] = {};
	uint32_t hashes[few_keys], keys[few_keys], count = 0;
	for (uint32_t key = first; key < end && count < few_keys; key = parser->after(key + 1)) {
		struct text name = parser->string(key);
		uint32_t hash = key_hash(name);
		uint64_t *slot = &met[hash / 64 % 16], bit = uint64_t(1) << hash % 64;
		for (uint32_t i = 0; *slot & bit && i < count; i++)
			if (hashes[i] == hash && same_key(parser->string(keys[i]), name))
				return key;
		*slot |= bit;
		hashes[count] = hash;
		keys[count++] = key;
	}
	return 0;
}

} // namespace

uint32_t json_parser::find_duplicate(uint32_t object) const
{
	uint32_t end = after(object) - 1, count = 0;
	if (type_of(word(end)) != '}')
		return 0;
	uint32_t members = static_cast<uint32_t>(payload(word(object)) >> 32); /* saturates at 2^24 - 1 */
	if (members < 2)
		return 0;
	if (members <= few_keys && object == 1 && root_indexed)
		return root_duplicate;
	if (members <= few_keys)
		return few_find_duplicate(this, object + 1, end);
	for (uint32_t key = object + 1; key < end; key = after(key + 1)) {
		if (count == keys_room) {
			size_t larger = std::max<size_t>(keys_room * 2, 256);
			uint32_t *more = static_cast<uint32_t *>(realloc(keys, larger * sizeof *keys));
			if (!more)
				return 0;
			keys = more;
			keys_room = larger;
		}
		keys[count++] = key;
	}
	std::sort(
	    keys, keys + count, [this](uint32_t a, uint32_t b) { return text_compare(string(a), string(b)) < 0; });
	uint32_t *found = std::adjacent_find(
	    keys, keys + count, [this](uint32_t a, uint32_t b) { return same_key(string(a), string(b)); });
	return found == keys + count ? 0 : *found;
}

extern "C" bool json_had_duplicate_keys(const struct json_parser *parser)
{
	if (parser->duplicates < 0) {
		uint32_t end = parser->tape_end();
		parser->duplicates = 0;
		for (uint32_t index = 1; index < end && !parser->duplicates; index++) {
			char type = type_of(parser->word(index));
			if (type == '{') {
				parser->duplicate = parser->find_duplicate(index);
				parser->duplicates = parser->duplicate != 0;
			}
			index += is_number(type);
		}
	}
	return parser->duplicates > 0;
}

extern "C" struct text json_duplicate_key(const struct json_parser *parser)
{
	return json_had_duplicate_keys(parser) ? parser->string(parser->duplicate) : TEXT_NONE;
}

extern "C" bool json_exists(struct json_value value)
{
	return value.index != 0;
}

extern "C" enum json_kind json_kind(struct json_value value)
{
	if (!value.index)
		return JSON_IS_NULL;
	switch (type_of(value.parser->word(value.index))) {
	case 'f':
		return JSON_IS_FALSE;
	case 't':
		return JSON_IS_TRUE;
	case 'l':
	case 'u':
		return JSON_IS_INTEGER;
	case 'd':
		return JSON_IS_REAL;
	case '"':
		return JSON_IS_STRING;
	case '[':
		return JSON_IS_ARRAY;
	case '{':
		return JSON_IS_OBJECT;
	default:
		return JSON_IS_NULL;
	}
}

namespace
{

/* Of two equal keys the first is found first. */
void index_root(const struct json_parser *parser)
{
	uint32_t end = parser->after(1) - 1, count = 0;
	parser->root_duplicate = 0;
	memset(parser->root_table, 0, sizeof parser->root_table);
	for (uint32_t key = 2; key < end && count < few_keys; key = parser->after(key + 1)) {
		struct text name = parser->string(key);
		uint32_t slot = key_hash(name) % root_slots;
		for (uint8_t number; (number = parser->root_table[slot]) != 0; slot = (slot + 1) % root_slots)
			if (!parser->root_duplicate && same_key(parser->string(parser->root_keys[number - 1]), name))
				parser->root_duplicate = key;
		parser->root_keys[count++] = key;
		parser->root_table[slot] = static_cast<uint8_t>(count);
	}
	parser->root_indexed = true;
}

struct json_value member_of_root(const struct json_parser *parser, struct text key)
{
	if (!parser->root_indexed)
		index_root(parser);
	uint32_t slot = key_hash(key) % root_slots;
	for (uint8_t number; (number = parser->root_table[slot]) != 0; slot = (slot + 1) % root_slots) {
		uint32_t index = parser->root_keys[number - 1];
		if (same_key(parser->string(index), key))
			return { parser, index + 1 };
	}
	return { parser, 0 };
}

struct json_value member(struct json_value object, struct text key)
{
	if (json_kind(object) != JSON_IS_OBJECT)
		return { object.parser, 0 };
	if (object.index == 1 && payload(object.parser->word(1)) >> 32 <= few_keys)
		return member_of_root(object.parser, key);
	uint32_t end = object.parser->after(object.index) - 1;
	for (uint32_t index = object.index + 1; index < end; index = object.parser->after(index + 1))
		if (same_key(object.parser->string(index), key))
			return { object.parser, index + 1 };
	return { object.parser, 0 };
}

} // namespace

extern "C" struct json_value json_get(struct json_value object, const char *key)
{
	return member(object, text_of(key));
}

extern "C" struct json_value json_at(struct json_value object, const char *dotted)
{
	for (;;) {
		size_t size = 0;
		while (dotted[size] && dotted[size] != '.')
			size++;
		object = member(object, { dotted, size });
		if (!dotted[size] || !object.index)
			return object;
		dotted += size + 1;
	}
}

extern "C" struct text json_text(struct json_value value)
{
	switch (json_kind(value)) {
	case JSON_IS_STRING:
		return value.parser->string(value.index);
	case JSON_IS_INTEGER:
	case JSON_IS_REAL:
		return number_text(value.parser, value.index);
	default:
		return { nullptr, 0 };
	}
}

extern "C" bool json_to_i64(struct json_value value, int64_t *number)
{
	*number = 0;
	if (json_kind(value) != JSON_IS_INTEGER)
		return false;
	uint64_t word = value.parser->word(value.index + 1);
	if (type_of(value.parser->word(value.index)) == 'u' && word > INT64_MAX)
		return false;
	*number = static_cast<int64_t>(word);
	return true;
}

extern "C" bool json_to_u64(struct json_value value, uint64_t *number)
{
	*number = 0;
	if (json_kind(value) != JSON_IS_INTEGER)
		return false;
	uint64_t word = value.parser->word(value.index + 1);
	if (type_of(value.parser->word(value.index)) == 'l' && static_cast<int64_t>(word) < 0)
		return false;
	*number = word;
	return true;
}

extern "C" bool json_to_double(struct json_value value, double *number)
{
	*number = 0;
	if (json_kind(value) != JSON_IS_INTEGER && json_kind(value) != JSON_IS_REAL)
		return false;
	uint64_t word = value.parser->word(value.index + 1);
	double real;
	switch (type_of(value.parser->word(value.index))) {
	case 'l':
		real = static_cast<double>(static_cast<int64_t>(word));
		break;
	case 'u':
		real = static_cast<double>(word);
		break;
	default:
		memcpy(&real, &word, sizeof real);
	}
	if (!std::isfinite(real))
		return false;
	*number = real;
	return true;
}

extern "C" bool json_next(struct json_value container, struct json_walk *walk)
{
	enum json_kind kind = json_kind(container);
	if (kind != JSON_IS_ARRAY && kind != JSON_IS_OBJECT)
		return false;
	const struct json_parser *parser = container.parser;
	if (!walk->started) {
		walk->started = true;
		walk->next = container.index + 1;
	}
	if (walk->next + 1 >= parser->after(container.index))
		return false;
	walk->key = { nullptr, 0 };
	if (kind == JSON_IS_OBJECT)
		walk->key = parser->string(walk->next++);
	walk->value = { parser, walk->next };
	walk->next = parser->after(walk->next);
	return true;
}
