/*
 * What a sealed file holds (intel/parcel_cms.h): lines of JSON, byte by byte in docs/formats/exchange-files.md.
 *
 *   {"parcel":1,"chain":"<UUID>","number":2,"previous":"<SHA-256>","from":"centre/gate","to":"alpha/gate","made":"…"}
 *   {"object":{…},"collection":"water"}                    an object of STIX
 *   {"withdrawn":"indicator--…","collection":"water"}      it is no longer there
 *   {"shared":{"number":17,"id":4711,…}}                   a change for sensors (match/indicator_recent.h)
 *   {"message":{…}}                                        an advisory, an acknowledgement, a status: for people
 *   {"end":4}                                              how many lines stood between
 *
 * The files of one sender for one recipient are a chain: each has a number, from 1 on, and the SHA-256 of the sealed
 * file before. So whoever takes them in order notices that one is lost, repeated, of another chain or another's.
 */
#ifndef NOROSHI_INTEL_PARCEL_H
#define NOROSHI_INTEL_PARCEL_H

#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "intel/parcel_cms.h"
#include "model/item.h"

#define PARCEL_LINE (ITEM_LARGEST + (64u << 10)) /* bytes of the longest line */

struct parcel_head {
	struct uuid chain;
	uint64_t number;
	uint8_t previous[32]; /* of number 1: zeroes, and not written */
	char from[PARCEL_PARTY], to[PARCEL_PARTY];
	nanoseconds made;
};
void parcel_head_build(const struct parcel_head *head, struct builder *to);

enum parcel_kind { PARCEL_OBJECT, PARCEL_WITHDRAWN, PARCEL_SHARED, PARCEL_MESSAGE };
struct parcel_line {
	enum parcel_kind kind;
	struct text id;            /* of an object, or of what is withdrawn */
	struct item_time modified; /* of an object; absent when it has no version */
	struct text collection;    /* its alias at the sender; may be empty */
	struct text json;          /* the object, change or message, without white space */
};

struct parcel_reader;                          /* one thread */
struct parcel_reader *parcel_reader_new(void); /* NULL without memory */
void parcel_reader_free(struct parcel_reader *reader);

/* `content` lives as long as the reading. ERROR_INPUT: its first line is none; ERROR_VERSION. */
enum error parcel_begin(
    struct parcel_reader *reader, struct text content, struct parcel_head *head, struct failure *failure);
/* Texts until the next call. ERROR_END behind the last line, which is there and says the right number; ERROR_INPUT
 * names the line. */
enum error parcel_next(struct parcel_reader *reader, struct parcel_line *line, struct failure *failure);

#endif
