/*
 * What the readers share: taking addresses, ports, times and tactics out of what detectors write, and saying what was
 * wrong. For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_FIELDS_H
#define NOROSHI_FORMATS_FIELDS_H

#include "formats/format.h"

/* `text` between quotation marks, printable and cut, for the words of a failure. */
#define QUOTED 160
char *field_quote(struct text text, char to[static QUOTED]);

/* The pieces behind each other, in the reader's arena: alive until the next line. Empty when there is no memory. */
struct text field_concat(struct format_reader *reader, const struct text *pieces, size_t count);

/* Parses a line that must be one JSON object. */
enum error field_root(struct format_reader *reader, struct text line, struct json_value *root, struct failure *failure);
/* The member's text: json_at(object, dotted); of an array its first item's. A number gives its digits. Empty when
 * absent. */
struct text field_text(struct json_value object, const char *dotted);
/* An array's texts (or one text) with ", " between them. */
struct text field_join(struct format_reader *reader, struct json_value value);

/* Absent, empty and "-" leave the address or port as it is. `name` is the field's, for the failure. */
enum error field_address(struct text text, const char *name, struct address *address, struct failure *failure);
enum error field_port(struct text text, const char *name, uint16_t *port, struct failure *failure);
/* The same without insisting: what is no address or port is left out. */
void field_try_address(struct text text, struct address *address);
void field_try_port(struct text text, uint16_t *port);

/* A time in any form that time_parse() or time_parse_epoch() reads; absent or another thing is a failure. */
enum error field_time(
    struct format_reader *reader, struct text text, const char *name, struct alert *alert, struct failure *failure);

/* The bits of all tactics that an array of names or ids (or one, or a list with commas) holds. */
uint16_t field_tactics(struct json_value value);
uint16_t field_tactics_list(struct text list);

/* What words such as "blocked", "denied", "failure", "success" say of an outcome; UNKNOWN for any other. */
enum outcome field_outcome(struct text words);
/* An HTTP status code: 4xx means that the request was refused or its object not found. */
enum outcome field_http_outcome(struct text status);

/* Fills host_address for detectors that see only traffic: the target, unless that is outside and the source inside
 * (then a host of ours did something to the world), or the target is no single host (multicast, broadcast). True when
 * it is the target. */
bool field_concern(struct alert *alert);

/* The first lines of a stream, up to 16 KiB, without taking them; ERROR_END when there is nothing but blanks in it. */
enum error field_beginning(struct stream *stream, struct text *beginning, struct failure *failure);

/* For `recognise` of JSON formats: `certain` when one of the first lines is an object that `looks` right; when the
 * first line is longer than `beginning`, a bit less when it holds all of `keys` (NULL-terminated, with their quotation
 * marks). */
int field_recognise(struct text beginning, struct json_parser *parser, bool (*looks)(struct json_value root),
    const char *const *keys, int certain);

#endif
