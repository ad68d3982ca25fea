/*
 * Looking for what may not be told (secret.h): a text is read in several ways, each way gives a view of it, and every
 * view is searched for each word and each address. Decoded parts are texts again, three deep.
 */
#include "intel/secret.h"

#include "base/base64.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DEEPEST 3
#define RUN 8 /* characters of the shortest base64 or hexadecimal that is decoded */

/* ── folding ─ */

static void fold_character(struct builder *view, struct text text, size_t size, uint32_t code)
{
	bool invisible = (code >= 0x200b && code <= 0x200f) || code == 0xfeff || code == 0xad || code == 0x2060;
	if (invisible || code == 0 || code == '\\')
		return;
	if (code >= 0xff01 && code <= 0xff5e) /* full width */
		code -= 0xff01 - 0x21;
	else if (code == 0x3002) /* the dot of Japanese names of domains */
		code = '.';
	if (code < 0x80)
		build_char(view, (char)tolower((int)code));
	else
		build_text(view, (struct text){ text.at, size });
}

/* Lower case, half width, without what cannot be seen; malformed bytes are passed over. */
void secrets_fold(struct builder *view, struct text text)
{
	build_room(view, text.size);
	while (text.size) {
		uint32_t code = 0;
		if ((unsigned char)text.at[0] < 0x80) { /* nearly all */
			if (text.at[0] != 0 && text.at[0] != '\\')
				build_char(view, (char)tolower((unsigned char)text.at[0]));
			text = (struct text){ text.at + 1, text.size - 1 };
			continue;
		}
		size_t size = text_utf8_character(text, &code);
		if (size)
			fold_character(view, text, size, code);
		size = size ? size : 1;
		text = (struct text){ text.at + size, text.size - size };
	}
}

/* Of a folded text: what people write so that nobody clicks on it. */
static void refang(struct builder *view, struct text text)
{
	static const struct {
		struct text written, meant;
	} forms[] = { { { "[dot]", 5 }, { ".", 1 } }, { { "(dot)", 5 }, { ".", 1 } }, { { "{dot}", 5 }, { ".", 1 } },
		{ { " dot ", 5 }, { ".", 1 } }, { { "[at]", 4 }, { "@", 1 } }, { { "(at)", 4 }, { "@", 1 } },
		{ { " at ", 4 }, { "@", 1 } } };
	build_room(view, text.size);
	while (text.size) {
		size_t i = 0, count = sizeof forms / sizeof forms[0];
		if (!memchr(" [](){}<>", text.at[0], 9)) {
			build_char(view, text.at[0]);
			text = (struct text){ text.at + 1, text.size - 1 };
			continue;
		}
		while (i < count && !text_starts(text, forms[i].written))
			i++;
		size_t size = i < count ? forms[i].written.size : 1;
		if (i < count)
			build_text(view, forms[i].meant);
		else if (!strchr("[](){}<>", text.at[0]))
			build_char(view, text.at[0]);
		text = (struct text){ text.at + size, text.size - size };
	}
}

/* ── searching one view ─ */

/* Four numbers between dots, dashes or underscores, in their order or reversed. */
static bool is_their_quad(const struct secrets *secrets, const unsigned parts[4])
{
	char text[2][24];
	struct address address;
	for (int i = 0; i < 4; i++)
		if (parts[i] > 255)
			return false;
	snprintf(text[0], sizeof text[0], "%u.%u.%u.%u", parts[0], parts[1], parts[2], parts[3]);
	snprintf(text[1], sizeof text[1], "%u.%u.%u.%u", parts[3], parts[2], parts[1], parts[0]);
	for (int i = 0; i < 2; i++)
		if (address_parse(text_of(text[i]), &address) && secrets_hold_address(secrets, address))
			return true;
	return false;
}

static bool holds_quad(const struct secrets *secrets, struct text view)
{
	unsigned parts[4] = { 0 }, count = 0;
	for (size_t i = 0; i < view.size;) {
		size_t digits = 0;
		unsigned value = 0;
		while (i + digits < view.size && isdigit((unsigned char)view.at[i + digits])) {
			if (digits < 9)
				value = value * 10 + (unsigned)(view.at[i + digits] - '0');
			digits++;
		}
		if (digits == 0) {
			count = 0;
			i++;
			continue;
		}
		memmove(parts, parts + 1, 3 * sizeof parts[0]);
		parts[3] = value;
		count++;
		if (count >= 4 && is_their_quad(secrets, parts))
			return true;
		i += digits;
		if (i < view.size && strchr(".-_", view.at[i]))
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

static bool holds_v6(const struct secrets *secrets, struct text view)
{
	for (size_t i = 0; i < view.size;) {
		size_t size = 0;
		while (i + size < view.size && is_v6_character(view.at[i + size]))
			size++;
		struct text run = { view.at + i, size };
		struct address address;
		while (run.size && (run.at[run.size - 1] == '.' ||
				       (run.size > 2 && run.at[run.size - 1] == ':' && run.at[run.size - 2] != ':')))
			run.size--;
		if (memchr(run.at, ':', run.size) && address_parse(run, &address) &&
		    secrets_hold_address(secrets, address))
			return true;
		i += size ? size : 1;
	}
	return false;
}

static bool holds(const struct secrets *secrets, struct text view)
{
	return secrets_hold_word(secrets, view) ||
	       (secrets->prefix_count && (holds_quad(secrets, view) || holds_v6(secrets, view)));
}

/* ── decoding ─ */

static bool look(const struct secrets *secrets, struct text text, int depth);

static int hex_value(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (tolower(c) - 'a') + 10;
}

/* "%41" and "=41"; *changed = there was one. */
static void unescape(struct builder *view, struct text text, bool *changed)
{
	for (size_t i = 0; i < text.size; i++) {
		bool escape = (text.at[i] == '%' || text.at[i] == '=') && i + 2 < text.size &&
			      isxdigit((unsigned char)text.at[i + 1]) && isxdigit((unsigned char)text.at[i + 2]);
		if (escape) {
			build_char(view, (char)(hex_value(text.at[i + 1]) * 16 + hex_value(text.at[i + 2])));
			*changed = true;
			i += 2;
		} else if (text.at[i] == '=' && i + 1 < text.size && text.at[i + 1] == '\n') {
			i++; /* a soft end of line */
		} else {
			build_char(view, text.at[i]);
		}
	}
}

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || strchr("+/-_", c);
}

/* The bytes of a run of base64, read from each of four places; of UTF-16 every other byte is left out by fold(). */
static bool look_base64(const struct secrets *secrets, struct text run, int depth)
{
	struct builder bytes = { 0 }, plain = { 0 };
	bool found = false;
	for (size_t i = 0; i < run.size; i++)
		build_char(&plain, run.at[i] == '-' ? '+' : run.at[i] == '_' ? '/' : run.at[i]);
	build_text(&plain, TEXT("===")); /* ends what is left of a group */
	for (size_t skip = 0; skip < 4 && !found && !plain.failed; skip++) {
		struct base64_decoder decoder = { 0 };
		builder_clear(&bytes);
		if (!build_room(&bytes, plain.size + 3))
			break;
		bytes.size = base64_decode(&decoder, plain.at + skip, plain.size - skip, (uint8_t *)bytes.at);
		found = look(secrets, (struct text){ bytes.at, bytes.size }, depth + 1);
	}
	found = found || bytes.failed || plain.failed;
	builder_free(&bytes);
	builder_free(&plain);
	return found;
}

static bool look_hex(const struct secrets *secrets, struct text run, int depth)
{
	struct builder bytes = { 0 };
	bool found = false;
	for (size_t skip = 0; skip < 2 && !found; skip++) {
		builder_clear(&bytes);
		for (size_t i = skip; i + 1 < run.size; i += 2)
			build_char(&bytes, (char)(hex_value(run.at[i]) * 16 + hex_value(run.at[i + 1])));
		found = look(secrets, (struct text){ bytes.at, bytes.size }, depth + 1) || bytes.failed;
	}
	builder_free(&bytes);
	return found;
}

static bool look_runs(const struct secrets *secrets, struct text text, int depth)
{
	for (size_t i = 0; i < text.size;) {
		size_t size = 0, hex = 0;
		while (i + size < text.size && is_base64(text.at[i + size])) {
			hex += isxdigit((unsigned char)text.at[i + size]) != 0;
			size++;
		}
		struct text run = { text.at + i, size };
		if (size >= RUN && (look_base64(secrets, run, depth) || (hex == size && look_hex(secrets, run, depth))))
			return true;
		i += size ? size : 1;
	}
	return false;
}

static bool look(const struct secrets *secrets, struct text text, int depth)
{
	struct builder folded = { 0 }, meant = { 0 }, plain = { 0 };
	bool escaped = false;
	secrets_fold(&folded, text);
	refang(&meant, (struct text){ folded.at, folded.size });
	bool found = holds(secrets, (struct text){ folded.at, folded.size }) ||
		     holds(secrets, (struct text){ meant.at, meant.size });
	if (!found && depth < DEEPEST) {
		unescape(&plain, text, &escaped);
		found = (escaped && look(secrets, (struct text){ plain.at, plain.size }, depth + 1)) ||
			look_runs(secrets, text, depth);
	}
	found = found || folded.failed || meant.failed || plain.failed;
	builder_free(&folded);
	builder_free(&meant);
	builder_free(&plain);
	return found;
}

bool secrets_found(const struct secrets *secrets, struct text text)
{
	return look(secrets, text, 0);
}
