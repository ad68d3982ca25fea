/*
 * Taking a mail message apart, line by line (mime.h). The dissector of SMTP calls it.
 */
#include "net/mime.h"

#include "base/base64.h"
#include "base/character.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MIME_PIECE 4096 /* bytes of a line that are looked at together */

enum encoding { ENCODING_PLAIN, ENCODING_BASE64, ENCODING_QUOTED };

struct boundary {
	char at[MIME_BOUNDARY];
	uint8_t size;
};

struct mime {
	struct arena *arena;
	struct mime_message message;
	struct mime_attachment attachments[MIME_ATTACHMENTS];

	bool in_headers;
	bool inner;                       /* headers of a part, not of the message */
	struct builder line;              /* what of it came */
	bool within_line;                 /* a piece of the line came already */
	struct builder header;            /* unfolded so far */
	struct builder type, disposition; /* of the part */
	enum encoding encoding;

	struct boundary boundaries[MIME_DEPTH];
	unsigned depth;

	struct sha256 *hash; /* of the attachment that is read; NULL: the part is none */
	struct mime_attachment *attachment;
	struct base64_decoder base64;
	bool gap;      /* in the attachment */
	bool line_end; /* a line end waits: it may belong to the boundary */
};

struct mime *mime_new(void)
{
	struct mime *mime = calloc(1, sizeof *mime);
	if (!mime)
		return NULL;
	mime->arena = arena_new(MIME_KEPT);
	mime->in_headers = true;
	if (!mime->arena) {
		free(mime);
		return NULL;
	}
	return mime;
}

void mime_free(struct mime *mime)
{
	if (!mime)
		return;
	if (mime->hash)
		sha256_end(mime->hash, NULL);
	builder_free(&mime->line);
	builder_free(&mime->header);
	builder_free(&mime->type);
	builder_free(&mime->disposition);
	arena_free(mime->arena);
	free(mime);
}

/* ── headers ─ */

static struct text keep(struct mime *mime, const struct builder *built)
{
	struct text kept = arena_text(mime->arena, text_trim((struct text){ built->at, built->size }));
	mime->message.cut |= built->failed || (built->size && !kept.at);
	return kept;
}

static void keep_decoded(struct mime *mime, struct text value, struct text *to)
{
	struct builder decoded = { 0 };
	if (to->size) /* the first counts */
		return;
	mime_decode_header(value, &decoded);
	*to = keep(mime, &decoded);
	builder_free(&decoded);
}

static void message_header(struct mime *mime, struct text name, struct text value)
{
	struct mime_message *message = &mime->message;
	const struct {
		const char *name;
		struct text *to;
	} wanted[] = { { "from", &message->from }, { "to", &message->to }, { "cc", &message->cc },
		{ "subject", &message->subject }, { "date", &message->date }, { "message-id", &message->message_id },
		{ "x-mailer", &message->x_mailer } };
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (text_equal_nocase(name, text_of(wanted[i].name)))
			keep_decoded(mime, value, wanted[i].to);
}

static void part_header(struct mime *mime, struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("content-type")) && !mime->type.size) {
		build_text(&mime->type, value);
	} else if (text_equal_nocase(name, TEXT("content-disposition")) && !mime->disposition.size) {
		build_text(&mime->disposition, value);
	} else if (text_equal_nocase(name, TEXT("content-transfer-encoding"))) {
		if (text_equal_nocase(value, TEXT("base64")))
			mime->encoding = ENCODING_BASE64;
		else if (text_equal_nocase(value, TEXT("quoted-printable")))
			mime->encoding = ENCODING_QUOTED;
	}
}

/* The header that was unfolded is whole. */
static void flush_header(struct mime *mime)
{
	struct text value = { mime->header.at, mime->header.size };
	struct text name = text_trim(text_cut(&value, ':'));
	value = text_trim(value);
	if (!mime->inner)
		message_header(mime, name, value);
	part_header(mime, name, value);
	builder_clear(&mime->header);
}

static void add_to_header(struct mime *mime, struct text piece)
{
	if (mime->header.size + piece.size > MIME_HEADER_LARGEST) {
		piece.size = MIME_HEADER_LARGEST - mime->header.size;
		mime->message.cut = true;
	}
	build_text(&mime->header, piece);
}

/* ── parts ─ */

static void begin_headers(struct mime *mime)
{
	mime->in_headers = true;
	mime->inner = true;
	builder_clear(&mime->type);
	builder_clear(&mime->disposition);
	builder_clear(&mime->header);
	mime->encoding = ENCODING_PLAIN;
}

static bool push_boundary(struct mime *mime)
{
	struct builder boundary = { 0 };
	bool found = mime_parameter((struct text){ mime->type.at, mime->type.size }, "boundary", &boundary);
	bool fits = found && boundary.size && boundary.size <= MIME_BOUNDARY && mime->depth < MIME_DEPTH;
	if (fits) {
		struct boundary *to = &mime->boundaries[mime->depth++];
		memcpy(to->at, boundary.at, boundary.size);
		to->size = (uint8_t)boundary.size;
	} else {
		mime->message.cut = true;
	}
	builder_free(&boundary);
	return fits;
}

/* The name that the part gives itself; false when it is no attachment. */
static bool attachment_name(struct mime *mime, struct builder *name)
{
	struct text disposition = { mime->disposition.at, mime->disposition.size };
	struct text type = { mime->type.at, mime->type.size }, rest = disposition;
	if (mime_parameter(disposition, "filename", name) || mime_parameter(type, "name", name))
		return true;
	return text_equal_nocase(text_trim(text_cut(&rest, ';')), TEXT("attachment"));
}

static void begin_attachment(struct mime *mime)
{
	struct builder name = { 0 };
	if (attachment_name(mime, &name)) {
		if (mime->message.count < MIME_ATTACHMENTS) {
			mime->attachment = &mime->attachments[mime->message.count++];
			mime->attachment->name = keep(mime, &name);
			mime->hash = sha256_begin();
		} else {
			mime->message.cut = true;
		}
	}
	builder_free(&name);
	mime->base64 = (struct base64_decoder){ 0 };
	mime->gap = false;
	mime->line_end = false;
}

/* The empty line behind headers: what the part is. */
static void end_headers(struct mime *mime)
{
	flush_header(mime);
	struct text rest = { mime->type.at, mime->type.size };
	struct text type = text_trim(text_cut(&rest, ';'));
	mime->in_headers = false;
	if (type.size > 10 && text_equal_nocase((struct text){ type.at, 10 }, TEXT("multipart/")) &&
	    push_boundary(mime))
		return;
	if (text_equal_nocase(type, TEXT("message/rfc822")) && !mime->disposition.size)
		begin_headers(mime);
	else
		begin_attachment(mime);
}

static void end_attachment(struct mime *mime)
{
	if (!mime->hash)
		return;
	sha256_end(mime->hash, mime->attachment->sha256);
	mime->attachment->hashed = !mime->gap;
	mime->hash = NULL;
}

/* Which boundary a line is (the deepest first), from 1; 0 = none. *last: it closes the multipart. */
static unsigned boundary_of(const struct mime *mime, struct text line, bool *last)
{
	if (!text_starts(line, TEXT("--")))
		return 0;
	struct text rest = { line.at + 2, line.size - 2 };
	for (unsigned i = mime->depth; i > 0; i--) {
		const struct boundary *boundary = &mime->boundaries[i - 1];
		if (!text_starts(rest, (struct text){ boundary->at, boundary->size }))
			continue;
		struct text behind = { rest.at + boundary->size, rest.size - boundary->size };
		*last = text_starts(behind, TEXT("--"));
		if (*last || !text_trim(behind).size)
			return i;
	}
	return 0;
}

/* ── bodies ─ */

static void add_bytes(struct mime *mime, const void *at, size_t size)
{
	sha256_add(mime->hash, at, size);
	mime->attachment->size += size;
}

static void add_base64(struct mime *mime, struct text piece)
{
	uint8_t bytes[256 / 4 * 3 + 3];
	while (piece.size) {
		size_t size = piece.size < 256 ? piece.size : 256;
		add_bytes(mime, bytes, base64_decode(&mime->base64, piece.at, size, bytes));
		piece.at += size, piece.size -= size;
	}
}

/* RFC 2045, 6.7; returns whether a line end follows. */
static bool add_quoted(struct mime *mime, struct text line)
{
	while (line.size && (line.at[line.size - 1] == ' ' || line.at[line.size - 1] == '\t'))
		line.size--;
	bool soft = line.size && line.at[line.size - 1] == '=';
	line.size -= soft;
	for (size_t i = 0; i < line.size; i++) {
		char c = line.at[i];
		if (c == '=' && line.size - i > 2 && char_hex(line.at[i + 1]) >= 0 && char_hex(line.at[i + 2]) >= 0) {
			c = (char)(char_hex(line.at[i + 1]) << 4 | char_hex(line.at[i + 2]));
			i += 2;
		}
		add_bytes(mime, &c, 1);
	}
	return !soft;
}

static void body_piece(struct mime *mime, struct text piece, bool ends)
{
	if (!mime->hash)
		return;
	if (mime->encoding == ENCODING_BASE64) {
		add_base64(mime, piece);
		return;
	}
	if (mime->line_end && !mime->within_line)
		add_bytes(mime, "\r\n", 2);
	mime->line_end = ends;
	if (mime->encoding == ENCODING_QUOTED)
		mime->line_end = add_quoted(mime, piece) && ends;
	else
		add_bytes(mime, piece.at, piece.size);
}

static void header_piece(struct mime *mime, struct text piece, bool ends)
{
	if (mime->within_line) {
		add_to_header(mime, piece);
	} else if (!piece.size && ends) {
		end_headers(mime);
	} else {
		bool folded = piece.size && (piece.at[0] == ' ' || piece.at[0] == '\t');
		if (!folded && mime->header.size)
			flush_header(mime);
		add_to_header(mime, piece);
	}
}

static void take_piece(struct mime *mime, struct text piece, bool ends)
{
	bool last = false;
	unsigned boundary = mime->within_line ? 0 : boundary_of(mime, piece, &last);
	if (boundary && ends) {
		end_attachment(mime);
		if (mime->in_headers && mime->header.size)
			flush_header(mime);
		begin_headers(mime);
		mime->depth = last ? boundary - 1 : boundary;
		mime->in_headers = !last; /* what follows the last part is nothing */
		mime->line_end = false;
	} else if (mime->in_headers) {
		header_piece(mime, piece, ends);
	} else {
		body_piece(mime, piece, ends);
	}
	mime->within_line = !ends;
}

/* What of a line is there so far; pieces of a line have the same size however the bytes come. */
static void take_line(struct mime *mime, bool ends)
{
	struct text line = { mime->line.at, mime->line.size };
	if (ends && line.size && line.at[line.size - 1] == '\r')
		line.size--;
	take_piece(mime, line, ends);
	builder_clear(&mime->line);
}

void mime_bytes(struct mime *mime, struct text bytes)
{
	while (bytes.size) {
		const char *end = memchr(bytes.at, '\n', bytes.size);
		size_t size = end ? (size_t)(end - bytes.at) : bytes.size, room = MIME_PIECE - mime->line.size;
		bool whole = end && size <= room;
		if (size > room)
			size = room;
		build_text(&mime->line, (struct text){ bytes.at, size });
		size += whole;
		bytes.at += size, bytes.size -= size;
		if (whole || mime->line.size == MIME_PIECE)
			take_line(mime, whole);
	}
}

void mime_gap(struct mime *mime)
{
	mime->gap = true;
	mime->within_line = true;
	builder_clear(&mime->line);
}

const struct mime_message *mime_end(struct mime *mime)
{
	if (mime->line.size)
		take_line(mime, true);
	if (mime->in_headers && mime->header.size)
		flush_header(mime);
	end_attachment(mime);
	mime->message.attachments = mime->attachments;
	return &mime->message;
}
