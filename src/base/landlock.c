/*
 * Confining a process to its files; see landlock.h: landlock(7).
 */
#include "base/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS                                                                                                   \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |              \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define ALL_RIGHTS                                                                                                     \
	(READ_RIGHTS | WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                      \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |              \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)

static void allow_path(int rules, const struct confine_path *path)
{
	int descriptor = open(path->path, O_PATH | O_CLOEXEC);
	struct stat about;
	if (descriptor < 0)
		return;
	if (fstat(descriptor, &about) == 0) {
		uint64_t rights = path->write ? READ_RIGHTS | WRITE_RIGHTS : READ_RIGHTS;
		if (!S_ISDIR(about.st_mode))
			rights &= FILE_RIGHTS;
		struct landlock_path_beneath_attr below = { .allowed_access = rights, .parent_fd = descriptor };
		syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	}
	close(descriptor);
}

enum error landlock_confine(const struct confine_path *paths, size_t count, bool *done, struct failure *failure)
{
	*done = false;
	struct landlock_ruleset_attr handled = { .handled_access_fs = ALL_RIGHTS };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (rules < 0)
		return OK; /* a kernel without Landlock: the caller says so */
	for (size_t i = 0; i < count; i++)
		if (paths[i].path && *paths[i].path)
			allow_path(rules, &paths[i]);
	int result = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	if (result != 0)
		fail_errno(failure, "cannot confine the process to its files");
	close(rules);
	*done = result == 0;
	return *done ? OK : ERROR_SYSTEM;
}
