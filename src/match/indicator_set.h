/*
 * A compiled set of indicators: which of up to 32 M does this address, name, hash … meet?
 *
 *   builder_add × n → compile → set, immutable: any number of threads ask it
 *
 * A look-up takes one cache line of the table for each form of the value that may stand in the set (a name is asked for
 * itself and each name above it at the depths that occur, an address for itself and for the prefixes that a small
 * filter does not rule out); those lines are fetched together, also over the values of one batch. What a line holds are
 * 32 bits of a hash and where the indicator stands; a match is told only after the whole value was compared there, so
 * that there is no false one, whatever the hashes are.
 *
 * Memory: 11.4 bytes in the table and 12 beside its value for each indicator; the value is 4 + 1 bytes for an IPv4
 * address, 16 + 1 for IPv6, the bytes of a hash, or its text, each rounded up to 4. A prefix takes 2 to 4 bytes more.
 */
#ifndef NOROSHI_MATCH_INDICATOR_SET_H
#define NOROSHI_MATCH_INDICATOR_SET_H

#include "base/error.h"
#include "match/indicator.h"
#include "net/address.h"

#include <stddef.h>
#include <stdint.h>

#define INDICATORS_MOST 33554432u
#define INDICATORS_OF_VALUE 64 /* different numbers that one value may have; further ones are left out, and counted */

struct indicator_builder;
struct indicator_set;
struct stream;

struct indicator_builder *indicator_builder_new(void); /* NULL when there is no memory */
void indicator_builder_free(struct indicator_builder *builder);
/* `number` is the caller's. ERROR_INPUT when the value is none of the kind, ERROR_LIMIT beyond INDICATORS_MOST. */
enum error indicator_builder_add(struct indicator_builder *builder, enum indicator_kind kind, struct text value,
    enum indicator_action action, uint32_t number, struct failure *failure);
enum error indicator_builder_add_prefix(
    struct indicator_builder *builder, struct prefix prefix, enum indicator_action action, uint32_t number);
/* A value that is in its compared form, of a set or of a record that indicator_normalize() made. */
enum error indicator_builder_add_compared(struct indicator_builder *builder, enum indicator_kind kind,
    const uint8_t *value, size_t size, enum indicator_action action, uint32_t number, struct failure *failure);
/* Up to which change of the exchange the set holds everything (match/indicator_recent.h); 0 when nobody says. */
void indicator_builder_as_of(struct indicator_builder *builder, uint64_t change);
/* Frees the builder in either case. */
enum error indicator_builder_compile(
    struct indicator_builder *builder, struct indicator_set **set, struct failure *failure);

void indicator_set_free(struct indicator_set *set);

struct indicator_counts {
	uint32_t kinds[INDICATOR_KINDS]; /* in the set */
	uint32_t total;
	uint32_t repeated; /* the same value, number and action again: left out */
	uint32_t crowded;  /* left out: INDICATORS_OF_VALUE */
	uint64_t bytes;    /* of memory */
};
struct indicator_counts indicator_set_count(const struct indicator_set *set);
uint64_t indicator_set_as_of(const struct indicator_set *set); /* 0 for NULL */

struct indicator_match {
	enum indicator_kind kind;
	enum indicator_action action;
	uint32_t number;
	const uint8_t *value; /* compared form; lives as long as the set */
	size_t size;
	uint64_t query; /* as given to indicator_batch_add…() */
};
typedef void (*indicator_visitor)(void *context, const struct indicator_match *match);
/* Everything in the set, in no order; `query` is 0. */
void indicator_set_each(const struct indicator_set *set, indicator_visitor visit, void *context);

/* Several questions at once; on the stack or in a worker's memory. */
struct indicator_batch {
	const struct indicator_set *set; /* NULL: nothing matches */
	indicator_visitor visit;
	void *context;
	/* the batch's own: begin with zeroes */
	size_t count, used;
	struct indicator_key {
		uint64_t hash, query;
		const uint8_t *value;
		uint16_t size;
		uint8_t kind;
	} keys[64];
	uint8_t values[3 * 4096];
};
void indicator_batch_begin(
    struct indicator_batch *batch, const struct indicator_set *set, indicator_visitor visit, void *context);
/* Matches may be told at once or by indicator_batch_end(). Nothing borrowed is kept. */
void indicator_batch_field(struct indicator_batch *batch, enum field field, struct text value, uint64_t query);
void indicator_batch_kinds(struct indicator_batch *batch, unsigned kinds, struct text value, uint64_t query);
void indicator_batch_address(struct indicator_batch *batch, struct address address, uint64_t query);
void indicator_batch_end(struct indicator_batch *batch);

/* One question: a batch of one. `kinds`: bits (INDICATOR_ANY: whatever the value may be). */
void indicator_set_field(
    const struct indicator_set *set, enum field field, struct text value, indicator_visitor visit, void *context);
void indicator_set_kinds(
    const struct indicator_set *set, unsigned kinds, struct text value, indicator_visitor visit, void *context);
void indicator_set_address(
    const struct indicator_set *set, struct address address, indicator_visitor visit, void *context);

/* ── the compiled file (docs/formats/indicators.md) ─ */

#define INDICATOR_FILE_MAGIC "NRSHINDI"
/* Replaces `path` whole, mode 0640. */
enum error indicator_set_write(const struct indicator_set *set, const char *path, struct failure *failure);
/* The same as sealed memory (base/sealed.h), to be handed to another process. */
enum error indicator_set_share(const struct indicator_set *set, int *descriptor, struct failure *failure);
/* ERROR_VERSION for another version, ERROR_CORRUPT for a damaged file. Everything in it is checked before it is used.
 * It is read, not mapped: memory of its own has large pages, and nobody can shorten it under us. */
enum error indicator_set_read(struct stream *stream, struct indicator_set **set, struct failure *failure);

#endif
