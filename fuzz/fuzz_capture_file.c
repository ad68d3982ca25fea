/*
 * Capture files of any bytes: every frame lies within them, the end comes, and an error says why.
 *
 * Sources: net/capture_file.c, net/pcapng.c.
 */
#include "fuzz.h"
#include "net/capture_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_file *file;
	struct failure failure = { 0 };
	struct frame frames[3];
	size_t count, total = 0;
	enum error error = capture_file_bytes(data, size, &file, &failure);

	if (error) {
		CHECK(error == ERROR_INPUT && failure.words[0]);
		return 0;
	}
	while ((error = capture_file_read(file, frames, 3, &count, &failure)) == OK) {
		CHECK(count >= 1 && count <= 3);
		for (size_t i = 0; i < count; i++) {
			CHECK(frames[i].bytes >= data && frames[i].bytes + frames[i].size <= data + size);
			CHECK(frames[i].on_wire >= frames[i].size);
			CHECK(frames[i].number == ++total);
		}
		CHECK(total <= size);
	}
	CHECK(error == ERROR_END || (error == ERROR_INPUT && failure.words[0]));
	CHECK(capture_file_read(file, frames, 3, &count, &failure) == error && count == 0);
	capture_file_close(file);
	return 0;
}
