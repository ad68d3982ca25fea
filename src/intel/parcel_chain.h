/*
 * Where a chain of sealed files stands, at its sender or at its recipient: a small file of JSON, replaced whole.
 */
#ifndef NOROSHI_INTEL_PARCEL_CHAIN_H
#define NOROSHI_INTEL_PARCEL_CHAIN_H

#include "intel/parcel.h"

#include <jansson.h>

#define CHAIN_TAKEN 4096 /* digests that are kept, the newest */

struct parcel_chain {
	bool begun; /* else it is a new one */
	struct uuid id;
	uint64_t next;    /* the number that is made, or expected, next */
	uint8_t last[32]; /* SHA-256 of the sealed file before */
	char from[PARCEL_PARTY], to[PARCEL_PARTY];
	json_t *taken;   /* at the recipient: digests, in order up to `last` */
	json_t *pending; /* at the sender: names of files that may still have to be renamed */
	json_t *sources; /* at the sender: how far each source was read */
};

/* A file that is not there is a chain that was not begun. ERROR_CORRUPT: it is none of ours. */
enum error parcel_chain_read(const char *path, struct parcel_chain *chain, struct failure *failure);
enum error parcel_chain_write(const char *path, const struct parcel_chain *chain, struct failure *failure);
void parcel_chain_free(struct parcel_chain *chain);

/* What a file is to the recipient. */
enum parcel_place {
	PARCEL_EXPECTED, /* the next one, or the first of a chain that was not begun */
	PARCEL_TAKEN,    /* taken before */
	PARCEL_LATER,    /* files before it are missing */
	PARCEL_FORKED,   /* another file of a number that was taken, or behind another one than ours */
	PARCEL_OTHER     /* of another chain */
};
enum parcel_place parcel_chain_place(
    const struct parcel_chain *chain, const struct parcel_head *head, const uint8_t digest[static 32]);
/* It was taken, or made. ERROR_MEMORY. */
enum error parcel_chain_advance(struct parcel_chain *chain, const struct parcel_head *head,
    const uint8_t digest[static 32], struct failure *failure);

#endif
