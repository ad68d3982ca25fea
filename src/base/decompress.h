/*
 * Taking gzip (RFC 1952) and zstd (RFC 8878) apart, piece by piece. Only base/stream.c uses it.
 */
#ifndef NOROSHI_BASE_DECOMPRESS_H
#define NOROSHI_BASE_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

#define COMPRESSION_MAGIC 4 /* bytes that tell it */
enum compression compression_of(const void *at, size_t size);

struct decompressor; /* of concatenated members or frames; one thread */

/* A zstd frame may ask for a window of at most 2^window bytes (10–27; of no meaning for gzip). NULL when there is no
 * memory. */
struct decompressor *decompressor_new(enum compression compression, int window);
void decompressor_free(struct decompressor *decompressor);

/* One step: takes some of the `size` bytes at `from` (*taken) and gives up to `room` bytes (*made). When it takes and
 * makes nothing it needs more input, or all is done. NULL, or words on what is wrong with the input. */
const char *decompress(struct decompressor *decompressor, const void *from, size_t size, size_t *taken, void *to,
    size_t room, size_t *made);
/* Nothing of a member or frame is open: the input may end here. */
bool decompressor_complete(const struct decompressor *decompressor);

#endif
