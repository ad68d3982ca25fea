/*
 * One file of history: its header, its frames, and the index of the frames that is kept in memory (56 bytes a frame).
 * Used by the history_*.c files alone. The bytes are described in docs/formats/history.md.
 */
#ifndef NOROSHI_STORE_SEGMENT_H
#define NOROSHI_STORE_SEGMENT_H

#include "base/codec.h"
#include "store/history.h"

#define SEGMENT_VERSION 1
#define SEGMENT_HEADER 32         /* bytes */
#define FRAME_HEADER 112          /* bytes */
#define FRAME_LARGEST (96u << 20) /* bytes of one body, stored or unpacked */

/* What the header of a frame says. */
struct frame_header {
	struct history_batch batch;
	uint32_t segment, row; /* of its first alert */
	uint32_t stored, raw;  /* bytes of the body as stored (zstd) and unpacked */
	uint32_t body_checksum;
	nanoseconds least, greatest; /* occurred; equal and 0 without alerts */
};
void frame_header_write(const struct frame_header *header, struct builder *to);
/* False when it is none: wrong magic, version, checksum, or figures that cannot be. */
bool frame_header_read(const uint8_t bytes[static FRAME_HEADER], struct frame_header *header);

/* A frame's header of a later version than ours: later versions keep its size, magic, version and checksum. */
bool frame_is_newer(const uint8_t bytes[static FRAME_HEADER]);

void segment_header_write(uint32_t segment, nanoseconds created, struct builder *to);
/* OK, ERROR_CORRUPT, or ERROR_VERSION when a newer program wrote it. */
enum error segment_header_read(const uint8_t bytes[static SEGMENT_HEADER], uint32_t segment);

/* A frame as the index keeps it. */
struct frame {
	uint64_t offset; /* of its header */
	nanoseconds least, greatest;
	uint32_t row, alerts, organisation;
	bool bad; /* its body failed its checksum: said once, skipped since */
};

struct segment {
	uint32_t number;
	uint32_t rows; /* the next row */
	uint64_t size; /* bytes that are good */
	nanoseconds received_first, received_last, least, greatest;
	struct frame *frames;
	size_t frame_count, frame_room;
};
enum error segment_add(
    struct segment *segment, const struct frame_header *header, uint64_t offset, struct failure *failure);
void segment_cut(struct segment *segment, uint64_t size, uint32_t rows, size_t frames);

struct segment_damage {
	uint64_t cut;   /* the file is good up to here */
	uint32_t bad;   /* frames, or stretches of bytes between frames, that are damaged */
	uint64_t first; /* offset of the first of them */
};
/* Walks the file's frames. `bodies`: also checks each body. `tail`: this is the newest segment, whose torn end is cut.
 * `each` (may be NULL) sees every intact header in order. */
enum error segment_walk(int descriptor, const char *path, struct segment *segment, bool bodies, bool tail,
    void (*each)(void *context, const struct frame_header *header), void *context, struct segment_damage *damage,
    struct failure *failure);

/* Reads a frame's body and unpacks it into `*raw` (grown as needed). ERROR_CORRUPT when it fails its checksum. */
struct unpacker;
struct unpacker *unpacker_new(void);
void unpacker_free(struct unpacker *unpacker);
enum error frame_unpack(struct unpacker *unpacker, int descriptor, uint64_t offset, struct frame_header *header,
    struct text *raw, struct failure *failure);

char *segment_path(const char *folder, uint32_t number, const char *kind, char *to, size_t size);

#endif
