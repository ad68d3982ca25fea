/*
 * The sandbox of the sensor; see sandbox.h: setresuid(2), capset(2), seccomp(2) with a list of what is allowed.
 */
#include "watch/sandbox.h"

#include "base/dump.h"
#include "base/hash.h"
#include "net/charset.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox does not know the system calls of this architecture"
#endif

static enum error drop_user(struct failure *failure)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (geteuid() == 0) {
		const struct passwd *nobody = getpwnam("nobody");
		if (!nobody)
			return fail(failure, ERROR_SYSTEM, "there is no user \"nobody\" to become");
		if (setgroups(0, NULL) != 0 || setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) != 0 ||
		    setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) != 0)
			return fail_errno(failure, "cannot become \"nobody\"");
	}
	if (syscall(SYS_capset, &header, none) != 0)
		return fail_errno(failure, "cannot give up capabilities");
	return OK;
}

#ifdef __SANITIZE_ADDRESS__ /* looks for leaks at the end, with calls of its own */
#define LEAKS_ARE_LOOKED_FOR true
#else
#define LEAKS_ARE_LOOKED_FOR false
#endif

#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static enum error drop_calls(struct failure *failure)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
		ALLOW(pwrite64),
		ALLOW(writev),
		ALLOW(lseek),
		ALLOW(fstat),
		ALLOW(newfstatat), /* the C library's fstat() */
		ALLOW(close),
		ALLOW(fsync),
		ALLOW(fdatasync),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(madvise),
		ALLOW(brk),
		ALLOW(futex),
		ALLOW(clock_gettime),
		ALLOW(getrandom),
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(tgkill), /* abort() */
		ALLOW(rt_sigaction),
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigreturn),
		ALLOW(restart_syscall),
		ALLOW(exit),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return fail_errno(failure, "cannot give up system calls");
	return OK;
}

enum error sandbox_enter(struct failure *failure)
{
	uint8_t digest[32];

	sha256("", 0, digest); /* OpenSSL reads its configuration before files are out of reach */
	charset_load();        /* and the C library its character sets */
	enum error error = drop_user(failure);
	if (!error)
		error = dump_forbid(failure); /* packets are in memory */
	return error || LEAKS_ARE_LOOKED_FOR ? error : drop_calls(failure);
}
