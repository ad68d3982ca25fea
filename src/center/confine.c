/*
 * Giving up rights: setuid(2), prctl(2), landlock(7), seccomp(2).
 */
#include "center/confine.h"

#include "base/config.h"
#include "base/dump.h"
#include "net/sandbox.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
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
	enum error error = sandbox_become(user, "center.user", failure);
	if (error)
		return error;
	/* Changing the user clears both. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return fail_errno(failure, "cannot confine the process");
	return dump_forbid(failure);
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
	enum error error = landlock_confine(paths, count, landlocked, failure);
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
