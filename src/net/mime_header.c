/*
 * Decoding what mail headers hold (mime.h): encoded words and parameters.
 */
#include "net/mime.h"

#include "base/base64.h"
#include "base/character.h"
#include "net/charset.h"

#include <string.h>

/* Bytes written as `escape` and two hex digits; underscores are spaces when they are said to be. */
static void decode_escapes(struct text text, char escape, bool underscores, struct builder *to)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == escape && text.size - i > 2 && char_hex(text.at[i + 1]) >= 0 &&
		    char_hex(text.at[i + 2]) >= 0) {
			build_char(to, (char)(char_hex(text.at[i + 1]) << 4 | char_hex(text.at[i + 2])));
			i += 2;
		} else {
			build_char(to, underscores && text.at[i] == '_' ? ' ' : text.at[i]);
		}
	}
}

static void decode_base64(struct text text, struct builder *to)
{
	struct base64_decoder decoder = { 0 };
	uint8_t bytes[96];
	while (text.size) {
		size_t size = text.size < 64 ? text.size : 64;
		build_text(to, (struct text){ (char *)bytes, base64_decode(&decoder, text.at, size, bytes) });
		text.at += size, text.size -= size;
	}
}

static bool decode_word(struct text charset, char encoding, struct text text, struct builder *to)
{
	struct builder bytes = { 0 };
	struct text language = charset;
	charset = text_cut(&language, '*'); /* RFC 2231, 5 */
	if (encoding == 'B' || encoding == 'b')
		decode_base64(text, &bytes);
	else
		decode_escapes(text, '=', true, &bytes);
	bool known = charset_decode(charset, (struct text){ bytes.at, bytes.size }, to);
	to->failed |= bytes.failed;
	builder_free(&bytes);
	return known;
}

/* An encoded word at the beginning of `text`: its bytes, or 0. */
static size_t read_word(struct text text, struct builder *to)
{
	struct text rest = text;
	if (!text_starts(text, TEXT("=?")))
		return 0;
	rest.at += 2, rest.size -= 2;
	struct text charset = text_cut(&rest, '?'), encoding = text_cut(&rest, '?');
	ptrdiff_t end = text_find(rest, TEXT("?="));
	if (!charset.size || encoding.size != 1 || !strchr("BbQq", encoding.at[0]) || end < 0)
		return 0;
	if (!decode_word(charset, encoding.at[0], (struct text){ rest.at, (size_t)end }, to))
		return 0;
	return (size_t)(rest.at + end + 2 - text.at);
}

static size_t white_size(struct text text)
{
	size_t size = 0;
	while (size < text.size && (text.at[size] == ' ' || text.at[size] == '\t'))
		size++;
	return size;
}

void mime_decode_header(struct text value, struct builder *to)
{
	bool behind_word = false;
	while (value.size) {
		size_t white = white_size(value);
		struct text rest = { value.at + white, value.size - white };
		size_t before = to->size;
		if (!behind_word) /* white space between two encoded words is none (RFC 2047, 6.2) */
			build_text(to, (struct text){ value.at, white });
		size_t taken = read_word(rest, to);
		if (!taken && behind_word) {
			to->size = before;
			build_text(to, (struct text){ value.at, white });
		}
		behind_word = taken > 0;
		value = (struct text){ rest.at + taken, rest.size - taken };
		if (taken)
			continue;
		/* up to where the next encoded word can begin */
		size_t plain = value.size ? 1 : 0;
		while (
		    plain < value.size && value.at[plain] != '=' && value.at[plain] != ' ' && value.at[plain] != '\t')
			plain++;
		build_text(to, (struct text){ value.at, plain });
		value.at += plain, value.size -= plain;
	}
}

/* ── parameters ─ */

struct parameter {
	struct text name, value;
	bool quoted;
};

/* The size of a quoted string's inside. */
static size_t quoted_size(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			return i;
	}
	return text.size;
}

static bool next_parameter(struct text *rest, struct parameter *parameter)
{
	while (rest->size) {
		struct text value = *rest;
		while (value.size && strchr("; \t", value.at[0]))
			value.at++, value.size--;
		size_t name = 0;
		while (name < value.size && !strchr("=; \t", value.at[name]))
			name++;
		parameter->name = (struct text){ value.at, name };
		value.at += name, value.size -= name;
		size_t white = white_size(value);
		value.at += white, value.size -= white;
		if (!value.size || value.at[0] != '=') {
			text_cut(&value, ';');
			*rest = value;
			continue;
		}
		value.at++, value.size--;
		white = white_size(value);
		value.at += white, value.size -= white;
		parameter->quoted = value.size && value.at[0] == '"';
		if (parameter->quoted) {
			value.at++, value.size--;
			parameter->value = (struct text){ value.at, quoted_size(value) };
			value.at += parameter->value.size, value.size -= parameter->value.size;
			text_cut(&value, ';');
		} else {
			parameter->value = text_trim(text_cut(&value, ';'));
		}
		*rest = value;
		return true;
	}
	return false;
}

static void add_plain(const struct parameter *parameter, struct builder *to)
{
	struct text value = parameter->value;
	for (size_t i = 0; i < value.size; i++) {
		if (parameter->quoted && value.at[i] == '\\' && i + 1 < value.size)
			i++;
		build_char(to, value.at[i]);
	}
}

/* The piece `name*NUMBER` or `name*NUMBER*` of a parameter. */
static bool find_piece(struct text header, struct text name, unsigned number, struct parameter *found, bool *extended)
{
	while (next_parameter(&header, found)) {
		if (found->name.size <= name.size + 1 || found->name.at[name.size] != '*' ||
		    !text_equal_nocase((struct text){ found->name.at, name.size }, name))
			continue;
		struct text rest = { found->name.at + name.size + 1, found->name.size - name.size - 1 };
		uint64_t value;
		*extended = rest.at[rest.size - 1] == '*';
		rest.size -= *extended;
		if (text_to_u64(rest, &value) && value == number)
			return true;
	}
	return false;
}

static bool find_named(struct text header, struct text name, bool extended, struct parameter *found)
{
	while (next_parameter(&header, found)) {
		struct text key = found->name;
		bool star = key.size == name.size + 1 && key.at[name.size] == '*';
		key.size -= star;
		if (star == extended && text_equal_nocase(key, name))
			return true;
	}
	return false;
}

/* charset'language'text, percent-encoded (RFC 2231, 4). */
static void decode_extended(struct text bytes, struct builder *to)
{
	struct text rest = bytes;
	struct text charset = text_cut(&rest, '\'');
	text_cut(&rest, '\'');
	struct builder raw = { 0 };
	decode_escapes(rest, '%', false, &raw);
	struct text text = { raw.at, raw.size };
	if (!charset_decode(charset, text, to))
		build_text(to, text);
	to->failed |= raw.failed;
	builder_free(&raw);
}

static bool decode_pieces(struct text header, struct text name, struct builder *to)
{
	struct builder all = { 0 };
	struct parameter piece;
	bool extended, first_extended = false;
	unsigned number = 0;
	while (number < 64 && find_piece(header, name, number, &piece, &extended)) {
		if (!number)
			first_extended = extended;
		add_plain(&piece, &all);
		number++;
	}
	struct text text = { all.at, all.size };
	if (first_extended)
		decode_extended(text, to);
	else
		build_text(to, text);
	to->failed |= all.failed;
	builder_free(&all);
	return number > 0;
}

bool mime_parameter(struct text header, const char *name, struct builder *to)
{
	struct text wanted = text_of(name), rest = header;
	struct parameter found;
	struct builder plain = { 0 };
	text_cut(&rest, ';');
	if (find_named(rest, wanted, true, &found)) {
		decode_extended(found.value, to);
		return true;
	}
	if (decode_pieces(rest, wanted, to))
		return true;
	if (!find_named(rest, wanted, false, &found))
		return false;
	add_plain(&found, &plain);
	mime_decode_header((struct text){ plain.at, plain.size }, to);
	builder_free(&plain);
	return true;
}
