/*
 * Giving up rights: setuid(2), prctl(2), landlock(7), seccomp(2).
 */
#include "center/confine.h"

#include "base/config.h"
#include "base/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum error confine_early(struct failure *failure)
{
	umask(027);
	enum error error = dump_forbid(failure);
	if (error != OK)
		return error;
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return fail_errno(failure, "cannot confine the process");
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < 16384 ? files.rlim_max : 16384;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return OK;
}

enum error confine_user(const char *user, bool may_stay, struct failure *failure)
{
	if (geteuid() != 0 || (may_stay && !(user && *user)))
		return OK;
	if (!user || !*user)
		return fail(failure, ERROR_USAGE,
		    "the centre was started by root: set center.user to the account that its processes run as");
	errno = 0;
	struct passwd *account = getpwnam(user);
	if (!account)
		return fail(failure, ERROR_USAGE, "center.user: this system has no account \"%s\"", user);
	if (account->pw_uid == 0)
		return fail(failure, ERROR_USAGE, "center.user must not be root");
	if (initgroups(user, account->pw_gid) != 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0)
		return fail_errno(failure, "cannot become %s", user);
	/* Changing the user clears both. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return fail_errno(failure, "cannot confine the process");
	return dump_forbid(failure);
}

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

static enum error confine_landlock(const struct confine_path *paths, size_t count, bool *done, struct failure *failure)
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

#define REFUSE(call)                                                                                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                                                         \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))

static enum error confine_calls(struct failure *failure)
{
	/* Numbers are of the architecture that this was built for; a 32-bit caller of the same kernel cannot run us. */
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		REFUSE(execve),
		REFUSE(execveat),
		REFUSE(ptrace),
		REFUSE(process_vm_readv),
		REFUSE(process_vm_writev),
		REFUSE(mount),
		REFUSE(umount2),
		REFUSE(pivot_root),
		REFUSE(chroot),
		REFUSE(setns),
		REFUSE(unshare),
		REFUSE(bpf),
		REFUSE(perf_event_open),
		REFUSE(keyctl),
		REFUSE(add_key),
		REFUSE(request_key),
		REFUSE(init_module),
		REFUSE(finit_module),
		REFUSE(kexec_load),
		REFUSE(userfaultfd),
		REFUSE(io_uring_setup),
		REFUSE(personality),
		REFUSE(acct),
		REFUSE(reboot),
		REFUSE(swapon),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 && errno != EINVAL && errno != ENOSYS)
		return fail_errno(failure, "cannot refuse system calls");
	return OK;
}

enum error confine_files(const struct confine_path *paths, size_t count, bool *landlocked, struct failure *failure)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail_errno(failure, "cannot confine the process");
	enum error error = confine_landlock(paths, count, landlocked, failure);
	return error == OK ? confine_calls(failure) : error;
}

size_t confine_options(const struct option_group *groups, bool secrets, struct confine_path *paths, size_t room)
{
	size_t count = 0;
	for (const struct option_group *group = groups; group->name; group++)
		for (const struct option *option = group->options; option && option->name; option++) {
			bool file = (secrets && option->type == OPTION_SECRET) ||
				    (option->type == OPTION_PATH && strcmp(group->name, "center") != 0);
			if (!file || !group->settings || group->each)
				continue;
			char *const *value = (void *)((char *)group->settings + option->offset);
			if (*value && **value && count < room)
				paths[count++] = (struct confine_path){ *value, false };
		}
	return count;
}
