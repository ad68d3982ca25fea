/*
 * The agent's positions: whatever lies in that file is refused in words, or read within its bounds. The input is
 * the file without its checksum, which is put behind it here.
 *
 * Sources: watch/position.c.
 */
#include "base/codec.h"
#include "watch/position.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct builder file = { 0 };
	struct follows follows;
	struct failure failure = { 0 };
	char path[32];
	int descriptor = memfd_create("positions", MFD_CLOEXEC);

	put_bytes(&file, data, size);
	put_u32(&file, checksum(0, file.at, file.size));
	if (descriptor < 0 || file.failed || write(descriptor, file.at, file.size) != (ssize_t)file.size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	enum error error = positions_load(path, &follows, &failure);
	if (error && !failure.words[0])
		abort();
	for (size_t i = 0; !error && i < follows.count; i++)
		if (follows.items[i]->identity.head_size > IDENTITY_HEAD ||
		    follows.items[i]->identity.tail_size > IDENTITY_TAIL || !follows.items[i]->path ||
		    !follows.items[i]->home)
			abort();
	follows_clear(&follows);
	builder_free(&file);
	close(descriptor);
	return 0;
}
