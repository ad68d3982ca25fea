/*
 * gzip by zlib and zstd by libzstd behind one step function.
 */
#include "base/decompress.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define GZIP_WINDOW (15 + 16) /* 32 KiB, gzip header and checksum expected */

struct decompressor {
	enum compression compression;
	bool complete; /* between members or frames */
	bool first;    /* no member was finished yet */
	z_stream gzip;
	ZSTD_DStream *zstd;
};

enum compression compression_of(const void *at, size_t size)
{
	const unsigned char *bytes = at;
	if (size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
		return COMPRESSION_GZIP;
	if (size < 4)
		return COMPRESSION_NONE;
	if (memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0 ||
	    ((bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0))
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

struct decompressor *decompressor_new(enum compression compression, int window)
{
	struct decompressor *decompressor = calloc(1, sizeof *decompressor);
	if (!decompressor)
		return NULL;
	decompressor->compression = compression;
	decompressor->complete = decompressor->first = true;
	bool ready;
	if (compression == COMPRESSION_GZIP) {
		ready = inflateInit2(&decompressor->gzip, GZIP_WINDOW) == Z_OK;
	} else {
		decompressor->zstd = ZSTD_createDStream();
		ready = decompressor->zstd &&
			!ZSTD_isError(ZSTD_DCtx_setParameter(decompressor->zstd, ZSTD_d_windowLogMax, window));
	}
	if (!ready) {
		decompressor_free(decompressor);
		return NULL;
	}
	return decompressor;
}

void decompressor_free(struct decompressor *decompressor)
{
	if (!decompressor)
		return;
	if (decompressor->compression == COMPRESSION_GZIP)
		inflateEnd(&decompressor->gzip);
	ZSTD_freeDStream(decompressor->zstd);
	free(decompressor);
}

/* Between two members: zeros are padding (as gzip(1) takes them), 0x1f begins a further one. */
static const char *gzip_next(struct decompressor *decompressor, const unsigned char *from, size_t size, size_t *taken)
{
	while (*taken < size && from[*taken] == 0)
		++*taken;
	if (*taken == size)
		return NULL;
	if (from[*taken] != 0x1f)
		return "there is something else behind the gzip data";
	if (!decompressor->first && inflateReset2(&decompressor->gzip, GZIP_WINDOW) != Z_OK)
		return "the gzip state cannot be reset";
	decompressor->complete = false;
	return NULL;
}

static const char *gzip_step(struct decompressor *decompressor, const unsigned char *from, size_t size, size_t *taken,
    void *to, size_t room, size_t *made)
{
	z_stream *gzip = &decompressor->gzip;
	if (decompressor->complete) {
		const char *wrong = gzip_next(decompressor, from, size, taken);
		if (wrong || decompressor->complete)
			return wrong;
	}
	gzip->next_in = (unsigned char *)from + *taken;
	gzip->avail_in = (unsigned)(size - *taken > INT_MAX ? INT_MAX : size - *taken);
	gzip->next_out = to;
	gzip->avail_out = (unsigned)(room > INT_MAX ? INT_MAX : room);
	int result = inflate(gzip, Z_NO_FLUSH);
	*taken = (size_t)(gzip->next_in - from);
	*made = (size_t)(gzip->next_out - (unsigned char *)to);
	if (result == Z_STREAM_END) {
		decompressor->complete = true;
		decompressor->first = false;
	} else if (result == Z_MEM_ERROR) {
		return "there is no memory to decompress it";
	} else if (result != Z_OK && result != Z_BUF_ERROR) {
		return gzip->msg ? gzip->msg : "the gzip data is damaged";
	}
	return NULL;
}

static const char *zstd_step(struct decompressor *decompressor, const void *from, size_t size, size_t *taken, void *to,
    size_t room, size_t *made)
{
	ZSTD_inBuffer in = { .src = from, .size = size };
	ZSTD_outBuffer out = { .dst = to, .size = room };
	if (size == 0 && decompressor->complete)
		return NULL;
	size_t result = ZSTD_decompressStream(decompressor->zstd, &out, &in);
	*taken = in.pos;
	*made = out.pos;
	if (ZSTD_isError(result))
		return ZSTD_getErrorName(result);
	if (*taken || *made)
		decompressor->complete = result == 0;
	return NULL;
}

const char *decompress(struct decompressor *decompressor, const void *from, size_t size, size_t *taken, void *to,
    size_t room, size_t *made)
{
	*taken = *made = 0;
	if (decompressor->compression == COMPRESSION_GZIP)
		return gzip_step(decompressor, from, size, taken, to, room, made);
	return zstd_step(decompressor, from, size, taken, to, room, made);
}

bool decompressor_complete(const struct decompressor *decompressor)
{
	return decompressor->complete;
}
