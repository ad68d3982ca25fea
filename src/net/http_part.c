/*
 * Keeping an HTTP message while it comes (http_part.h). The dissectors of both versions call it.
 */
#include "net/http_part.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void http_kept_free(struct http_kept *part, size_t *kept)
{
	*kept -= part->lines.size + (part->bytes ? HTTP_BODY_KEPT : 0);
	builder_free(&part->lines);
	if (part->hash)
		sha256_end(part->hash, NULL);
	free(part->bytes);
	*part = (struct http_kept){ 0 };
}

bool http_kept_line(struct http_kept *part, struct text line, size_t *kept)
{
	size_t before = part->lines.size;
	if (*kept + line.size > HTTP_KEPT)
		return false;
	build_text(&part->lines, line);
	if (part->lines.failed) {
		part->lines.failed = false;
		part->lines.size = before;
		return false;
	}
	*kept += line.size;
	return true;
}

void http_kept_body(struct http_kept *part, const uint8_t *bytes, size_t size, size_t *kept)
{
	struct http_body *body = &part->body;
	if (!size)
		return;
	if (!body->size && !body->gaps)
		part->hash = sha256_begin();
	if (!part->bytes && *kept + HTTP_BODY_KEPT <= HTTP_KEPT && (part->bytes = malloc(HTTP_BODY_KEPT)))
		*kept += HTTP_BODY_KEPT;
	if (part->bytes && body->first.size < HTTP_BODY_KEPT) {
		size_t room = HTTP_BODY_KEPT - body->first.size, more = size < room ? size : room;
		memcpy(part->bytes + body->first.size, bytes, more);
		body->first = (struct text){ part->bytes, body->first.size + more };
	}
	body->size += size;
	if (part->hash && body->size > HTTP_BODY_HASHED) {
		sha256_end(part->hash, NULL);
		part->hash = NULL;
	}
	if (part->hash)
		sha256_add(part->hash, bytes, size);
}

void http_kept_end(struct http_kept *part, bool complete)
{
	part->body.complete = complete;
	if (!part->hash)
		return;
	part->body.hashed = complete && !part->body.gaps;
	sha256_end(part->hash, part->body.hashed ? part->body.sha256 : NULL);
	part->hash = NULL;
}
