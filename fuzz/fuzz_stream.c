/*
 * base/stream.h: from memory and from a file the same lines come, numbered and placed right, never longer than allowed,
 * never more in all than the limit, and a break is told once. The first byte says how long a line may be.
 *
 * Sources: base/stream.c, base/decompress.c.
 */
#include "base/stream.h"
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIMIT 5000

/* Every line, as "offset:flags:text\n", and then how it ended. */
static void gather(struct stream *stream, size_t longest, struct builder *to)
{
	struct failure failure;
	struct line line;
	enum error error;
	uint64_t number = 0, offset = 0;
	stream_limit(stream, LIMIT);
	while ((error = stream_line(stream, longest, &line, &failure)) == OK) {
		CHECK(line.number == ++number);
		CHECK(line.offset == offset || number > 1);
		CHECK(line.offset >= offset && line.text.size <= longest);
		CHECK(!line.cut || line.text.size == longest);
		offset = line.offset + line.text.size;
		if (to->size < 100000) {
			build_format(to, "%zu:%d%d:", (size_t)line.offset, line.cut, line.unterminated);
			build_text(to, line.text);
			build_char(to, '\n');
		}
	}
	build_format(to, "%s %zu", error_name(error), (size_t)number);
	CHECK(error == ERROR_END || error == ERROR_INPUT || error == ERROR_LIMIT || error == ERROR_MEMORY);
	CHECK(stream_line(stream, longest, &line, &failure) == ERROR_END);
}

static void check_read(const uint8_t *data, size_t size)
{
	struct stream *stream;
	struct text beginning;
	char buffer[777], first[16];
	size_t got, sum = 0;
	CHECK(stream_open_memory("fuzz", data, size, &stream, NULL) == OK);
	stream_limit(stream, LIMIT);
	CHECK(stream_peek(stream, sizeof first, &beginning, NULL) == OK && beginning.size <= sizeof first);
	size_t known = beginning.size;
	memcpy(first, beginning.size ? beginning.at : "", known);
	while (stream_read(stream, buffer, sizeof buffer, &got, NULL) == OK && got) {
		if (sum == 0)
			CHECK(known >= (got < sizeof first ? got : sizeof first) &&
			      memcmp(buffer, first, got < known ? got : known) == 0);
		sum += got;
	}
	bool plain = sum == size && size && memcmp(first, data, known) == 0;
	CHECK(plain || sum <= LIMIT);
	stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t longest[] = { 0, 1, 2, 5, 80, 1000, 1 << 20, SIZE_MAX };
	struct builder memory = { 0 }, file = { 0 };
	struct stream *stream;
	char path[64];
	if (size == 0)
		return 0;
	size_t most = longest[data[0] % 8];
	data++, size--;
	CHECK(stream_open_memory("fuzz", data, size, &stream, NULL) == OK);
	gather(stream, most, &memory);
	stream_close(stream);
	int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	CHECK(stream_open(path, &stream, NULL) == OK);
	gather(stream, most, &file);
	stream_close(stream);
	close(descriptor);
	CHECK(memory.size == file.size && memcmp(memory.at, file.at, file.size) == 0);
	check_read(data, size);
	builder_free(&memory);
	builder_free(&file);
	return 0;
}
