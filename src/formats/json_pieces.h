/*
 * JSON objects out of a stream of bytes, one by one, however they stand in it: one a line, spread over several lines,
 * one behind the other, as the items of an array, or as the items of the array that an object has under a name such as
 * "Records". Memory is bounded by the largest object.
 *
 * What is no object is given up to the end of its line, within an array up to the next comma: whoever parses it says
 * what is wrong.
 */
#ifndef NOROSHI_FORMATS_JSON_PIECES_H
#define NOROSHI_FORMATS_JSON_PIECES_H

#include "base/stream.h"

struct json_pieces;

struct json_pieces *json_pieces_new(void); /* NULL without memory */
void json_pieces_free(struct json_pieces *pieces);

/* Under which names an object has its items, each in quotation marks, NULL behind the last; "Records", "records" and
 * "value" unless said. Borrowed. */
void json_pieces_named(struct json_pieces *pieces, const char *const *names);

/* The next object, with the place where it begins; `cut`: it was longer than `longest`, and the text is its beginning.
 * ERROR_END at the end, other errors as stream_read(). The text is valid until the next call. */
enum error json_pieces_next(
    struct json_pieces *pieces, struct stream *stream, size_t longest, struct line *piece, struct failure *failure);
/* What the last object with items was but for these (their array is empty), whole once a piece behind it or ERROR_END
 * was given; empty when there was none, or it had more than 64 KiB. */
struct text json_pieces_around(const struct json_pieces *pieces);
/* At ERROR_END: the stream ended in the midst of something. */
bool json_pieces_unfinished(const struct json_pieces *pieces);

#endif
