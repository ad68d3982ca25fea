/*
 * Sealed memory; see sealed.h.
 */
#include "base/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

enum error sealed_new(int *descriptor, struct failure *failure)
{
	*descriptor = memfd_create("noroshi", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return *descriptor < 0 ? fail_errno(failure, "no memory to hand over") : OK;
}

enum error sealed_append(int descriptor, const void *at, size_t size, struct failure *failure)
{
	while (size > 0) {
		ssize_t written = write(descriptor, at, size);
		if (written < 0 && errno != EINTR)
			return fail_errno(failure, "no memory to hand over");
		if (written > 0) {
			at = (const char *)at + written;
			size -= (size_t)written;
		}
	}
	return OK;
}

enum error sealed_close(int descriptor, struct failure *failure)
{
	return fcntl(descriptor, F_ADD_SEALS, SEALS) == 0 ? OK : fail_errno(failure, "memory cannot be sealed");
}

enum error sealed_map(int descriptor, struct text *content, struct failure *failure)
{
	struct stat status;
	int seals = fcntl(descriptor, F_GET_SEALS);

	*content = TEXT_NONE;
	if (seals < 0 || (seals & SEALS) != SEALS)
		return fail(failure, ERROR_INPUT, "the memory that was handed over is not sealed");
	if (fstat(descriptor, &status) != 0)
		return fail_errno(failure, "sealed memory");
	if (status.st_size == 0)
		return OK;
	void *at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
	if (at == MAP_FAILED)
		return fail_errno(failure, "sealed memory cannot be mapped");
	*content = (struct text){ at, (size_t)status.st_size };
	return OK;
}

void sealed_unmap(struct text content)
{
	if (content.size > 0)
		munmap((void *)(uintptr_t)content.at, content.size);
}
