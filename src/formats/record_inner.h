/*
 * What the readers of records share. For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_RECORD_INNER_H
#define NOROSHI_FORMATS_RECORD_INNER_H

#include "formats/record.h"

/* Seconds since 1970 or a form as 2026-04-01T12:00:00.5+09:00; absent or another thing is a failure. */
enum error record_time(
    struct record_reader *reader, struct text text, const char *name, struct record *record, struct failure *failure);
/* Absent, empty and "-" leave the end as it is; what is no address or port is a failure that names the member. */
enum error record_end(struct flow_end *end, struct text address, const char *address_name, struct text port,
    const char *port_name, struct failure *failure);
/* To be called when the ends are known: which version of IP it is. */
void record_ends_known(struct record *record);
/* "tcp", "UDP", "ipv6-icmp", "17": the number of a protocol of IP; 0 = none of these. */
uint8_t record_ip_protocol(struct text name);
/* "http", "ssl", "dns": PROTOCOL_UNKNOWN for any other. */
uint8_t record_protocol(struct text name);
/* A number below 2^53 for whatever names a flow at its source. */
uint64_t record_flow_id(struct text name);

/* MEMBER_HTTP_HOST in lower case and without its port, MEMBER_HTTP_PORT (that of the host's text, else `port`),
 * MEMBER_HTTP_URI and MEMBER_HTTP_URL. */
void record_add_host(
    struct record_reader *reader, struct record *record, struct text host, struct text port, struct text uri);
/* MEMBER_HTTP_URL: "http://host/path", without the query, as the sensor's dissector has it. */
void record_add_url(struct record_reader *reader, struct record *record, struct text host, struct text uri);

/* A line that must be one object of JSON. */
enum error record_object(
    struct record_reader *reader, struct text line, struct json_value *root, struct failure *failure);
/* The first of the members of an object, each given as it stands there or with dots between the names of nested ones,
 * that has a value; ends with NULL. An object's own value is its "#text" (how XML is written as JSON). */
struct json_value record_json(struct json_value root, const char *const *names);
struct text record_json_text(struct json_value root, const char *const *names);
/* JSON within a string of the line: texts of both live side by side. ERROR_INPUT when it is no object. */
enum error record_inner_object(
    struct record_reader *reader, struct text text, struct json_value *root, struct failure *failure);
/* For `recognise`: `certain` when the text begins as JSON and holds all of `keys` (with their quotation marks). */
int record_recognise_keys(struct text beginning, const char *const *keys, int certain);
/* An address as logs write it: "::ffff:192.0.2.1", "[192.0.2.1]:443", "192.0.2.1:443", with a zone; what is none
 * (a name, "LOCAL") leaves the end as it is. */
void record_try_end(struct flow_end *end, struct text text);

#endif
