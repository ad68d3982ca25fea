/*
 * Forbidding core files; see dump.h.
 */
#include "base/dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

enum error dump_forbid(struct failure *failure)
{
	const struct rlimit none = { 0, 0 };

	/* The limit alone does not hold for a pattern that pipes cores into a program (core(5)). */
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail_errno(failure, "cannot forbid core files");
	return OK;
}
