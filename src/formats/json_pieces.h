/*
 * JSON objects out of a stream of bytes, one by one, however they stand in it: one a line, spread over several lines,
 * one behind the other, as the items of an array, or as the items of the array that an object has under a name such as
 * "Records". Memory is bounded by the largest object.
 */
#ifndef NOROSHI_FORMATS_JSON_PIECES_H
#define NOROSHI_FORMATS_JSON_PIECES_H

#include "base/stream.h"

struct json_pieces;

struct json_pieces *json_pieces_new(void); /* NULL without memory */
void json_pieces_free(struct json_pieces *pieces);

/* The next object, with the place where it begins; `cut`: it was longer than `longest`, and the text is none. What is
 * no object is given too, up to the end of its line: whoever parses it says what is wrong. ERROR_END at the end, other
 * errors as stream_read(). The text is valid until the next call. */
enum error json_pieces_next(
    struct json_pieces *pieces, struct stream *stream, size_t longest, struct line *piece, struct failure *failure);

#endif
