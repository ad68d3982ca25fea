/*
 * Text that somebody else owns: a pointer and a length, not NUL-terminated. Whoever hands one out says how long it
 * lives.
 */
#ifndef NOROSHI_BASE_TEXT_H
#define NOROSHI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *at; /* may be NULL when size is 0 */
	size_t size;    /* bytes */
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })
#define TEXT_NONE ((struct text){ NULL, 0 })

/* NULL gives TEXT_NONE */
static inline struct text text_of(const char *terminated)
{
	return (struct text){ terminated, terminated ? strlen(terminated) : 0 };
}

bool text_equal(struct text a, struct text b);
bool text_equal_nocase(struct text a, struct text b); /* ASCII case only */
bool text_starts(struct text text, struct text prefix);
bool text_ends(struct text text, struct text suffix);
int text_compare(struct text a, struct text b); /* by bytes, shorter first when one is a prefix of the other */
struct text text_trim(struct text text);        /* without ASCII white space at both ends */

/* Where `part` first stands in `whole`; -1 when it does not. text_find_nocase ignores ASCII case. */
ptrdiff_t text_find(struct text whole, struct text part);
ptrdiff_t text_find_nocase(struct text whole, struct text part);

/* Cuts `*rest` at the first `separator`: returns what stands before it, and `*rest` is what follows (or empty). */
struct text text_cut(struct text *rest, char separator);

/* Whole text as a number, no white space, no sign but '-' for signed; false when it is anything else or too large. */
bool text_to_u64(struct text text, uint64_t *value);
bool text_to_i64(struct text text, int64_t *value);
/* [-] digits [. digits] [e [+-] digits], rounded exactly, '.' whatever the locale; false when it is not finite (1e999)
 * or has more than 1,000 bytes. */
bool text_to_double(struct text text, double *value);

/* Copies into `to` (room for `size` bytes with the NUL), cut at a character's border when it does not fit.
 * Returns false when it was cut. */
bool text_copy(struct text text, char *to, size_t size);

/* The offset of the first byte that is not well-formed UTF-8 (RFC 3629: no surrogates, no overlong form), or size. */
size_t text_utf8_valid(struct text text);
/* The character with which `text` (not empty) begins: its bytes (1–4) and its code point; 0 when it is malformed. */
size_t text_utf8_character(struct text text, uint32_t *code);

/* Writes `text` with every malformed byte replaced by U+FFFD, and without control characters (other than \n and \t) and
 * the invisible characters that reorder text (U+202A–202E, U+2066–2069) or break lines (U+2028, U+2029); `to` needs
 * room for 3 × size + 1. Returns the bytes written without the NUL. For what is shown to people. */
size_t text_make_printable(struct text text, char *to);

/* A text being built, growing. Zeroed it is empty; `failed` is set when memory runs out and stays set. */
struct builder {
	char *at; /* NUL-terminated once anything was added */
	size_t size, room;
	bool failed;
};
/* Room for `more` bytes and a NUL behind what is there; false: `failed`. */
bool build_room(struct builder *builder, size_t more);
static inline void build_text(struct builder *builder, struct text text);
static inline void build_char(struct builder *builder, char c);
void build_format(struct builder *builder, const char *format, ...) __attribute__((format(printf, 2, 3)));
void build_json_string(struct builder *builder, struct text text); /* with its quotes; malformed UTF-8 becomes U+FFFD */
void build_html(struct builder *builder, struct text text); /* & < > " ' as entities: for text and quoted attributes */
void build_unsigned(struct builder *builder, uint64_t value); /* decimal */
void build_double(struct builder *builder, double value);     /* as printf's "%.6g", '.' whatever the locale */
char *text_put_unsigned(char *to, uint64_t value);            /* at most 20 digits, no NUL; gives their end */
void builder_clear(struct builder *builder);                  /* empty, memory kept, `failed` taken back */
void builder_free(struct builder *builder);

/* Records are built of many short pieces: what happens to each stands in place. */
static inline void build_text(struct builder *builder, struct text text)
{
	if (__builtin_expect(builder->failed || builder->room - builder->size <= text.size, 0) &&
	    !build_room(builder, text.size))
		return;
	if (text.size)
		memcpy(builder->at + builder->size, text.at, text.size);
	builder->size += text.size;
	builder->at[builder->size] = 0;
}

static inline void build_char(struct builder *builder, char c)
{
	build_text(builder, (struct text){ &c, 1 });
}

#endif
