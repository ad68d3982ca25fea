/*
 * The sandbox of sensor and telescope; see sandbox.h: setresuid(2), capset(2), seccomp(2) with a list of what is
 * allowed.
 */
#include "net/sandbox.h"

#include "base/dump.h"
#include "base/hash.h"
#include "net/charset.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox does not know the system calls of this architecture"
#endif

static enum error drop_capabilities(struct failure *failure)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	return syscall(SYS_capset, &header, none) == 0 ? OK : fail_errno(failure, "cannot give up capabilities");
}

enum error sandbox_drop_capabilities(struct failure *failure)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail_errno(failure, "cannot give up new privileges");
	return drop_capabilities(failure);
}

enum error sandbox_become(const char *user, const char *option, struct failure *failure)
{
	if (geteuid() != 0)
		return OK;
	const struct passwd *account = getpwnam(user);
	if (!account)
		return fail(failure, ERROR_USAGE, "%s: this system has no account \"%.60s\"", option, user);
	if (account->pw_uid == 0)
		return fail(failure, ERROR_USAGE, "%s must not be root", option);
	if (initgroups(user, account->pw_gid) != 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0)
		return fail_errno(failure, "cannot become %s", user);
	return OK;
}

enum error sandbox_give_up_rights(struct failure *failure)
{
	crypto_load();  /* OpenSSL reads its configuration before files are out of reach */
	charset_load(); /* and the C library its character sets */
	if (geteuid() == 0) {
		const struct passwd *nobody = getpwnam("nobody");
		if (!nobody)
			return fail(failure, ERROR_SYSTEM, "there is no user \"nobody\" to become");
		if (setgroups(0, NULL) != 0 || setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) != 0 ||
		    setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) != 0)
			return fail_errno(failure, "cannot become \"nobody\"");
	}
	enum error error = drop_capabilities(failure);
	return error ? error : dump_forbid(failure); /* packets are in memory */
}

#ifdef __SANITIZE_ADDRESS__ /* looks for leaks at the end, with calls of its own */
#define LEAKS_ARE_LOOKED_FOR true
#else
#define LEAKS_ARE_LOOKED_FOR false
#endif

static const int of_all[] = {
	SYS_read,
	SYS_write,
	SYS_pwrite64,
	SYS_writev,
	SYS_lseek,
	SYS_fstat,
	SYS_newfstatat, /* the C library's fstat() */
	SYS_close,
	SYS_fsync,
	SYS_fdatasync,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_clock_gettime,
	SYS_getrandom,
	SYS_getpid,
	SYS_gettid,
	SYS_tgkill, /* abort() */
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
};
static const int of_live[] = {
	SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_recvmsg, SYS_sendmsg, SYS_getsockopt, SYS_clock_nanosleep,
	SYS_fcntl, SYS_mprotect, /* a thread's heap grows */
};
static const int of_loader[] = {
	SYS_sendmsg,
	SYS_memfd_create,
	SYS_ftruncate,
	SYS_fcntl,
	SYS_fadvise64,
};

/* Beside those of its loaders, which inherit them. */
static const int of_opener[] = {
	SYS_openat, /* socket() beside: of some families */
	SYS_bind,
	SYS_setsockopt,
	SYS_getsockopt,
	SYS_ioctl,
	SYS_sendmsg,
	SYS_recvmsg,
	SYS_clone,
	SYS_wait4,
	SYS_pidfd_open,
	SYS_set_robust_list,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setgroups,
	SYS_geteuid,
	SYS_capset,
	SYS_prctl,
	SYS_prlimit64,
	SYS_setpriority,
	SYS_seccomp,
	SYS_memfd_create,
	SYS_ftruncate,
	SYS_fcntl,
	SYS_fadvise64,
	SYS_sysinfo,
	SYS_inotify_init1,
	SYS_inotify_add_watch,
};

static const int of_decoy[] = { SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_accept4 };
static const int of_decoy_writer[] = {
	SYS_epoll_wait,
	SYS_epoll_pwait,
	SYS_epoll_ctl,
	SYS_openat, /* by Landlock: below its folder */
	SYS_unlinkat,
#ifdef SYS_unlink
	SYS_unlink,
#endif
	SYS_getdents64,
	SYS_pread64,
	SYS_fcntl,
	SYS_umask,
	SYS_ftruncate,
	SYS_recvfrom,
	SYS_shutdown,
	SYS_wait4,
};

/* What no part of a decoy does, unless a stranger does it. */
static const int of_strangers[] = {
	SYS_connect,
	SYS_socket,
	SYS_socketpair,
	SYS_bind,
	SYS_listen,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_execve,
	SYS_execveat,
	SYS_clone,
	SYS_clone3,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_io_uring_setup,
	SYS_bpf,
	SYS_memfd_create,
	SYS_openat,
	SYS_openat2,
#ifdef SYS_open
	SYS_open,
	SYS_creat,
	SYS_fork,
	SYS_vfork,
#endif
};

/* Rings of packets, and what asks for interfaces; none that reaches another machine. */
static const int opener_families[] = { AF_PACKET, AF_UNIX, AF_NETLINK };

#define ALLOWED_MOST 80
#define FAMILIES_MOST 4
struct filter {
	struct sock_filter at[16 + 2 * (ALLOWED_MOST + FAMILIES_MOST)];
	unsigned short size;
};

static void add(struct filter *filter, struct sock_filter instruction)
{
	filter->at[filter->size++] = instruction;
}

static void answer(struct filter *filter, const int *calls, size_t count, unsigned how)
{
	for (size_t i = 0; i < count; i++) {
		add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1));
		add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, how));
	}
}

static void allow(struct filter *filter, const int *calls, size_t count)
{
	answer(filter, calls, count, SECCOMP_RET_ALLOW);
}
/* The last of all: it looks at an argument. */
static void allow_sockets(struct filter *filter)
{
	size_t count = sizeof opener_families / sizeof *opener_families;
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, (uint8_t)(1 + 2 * count)));
	add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)));
	allow(filter, opener_families, count);
}
/* Looks at an argument: the log tries this when standard error is a socket, and writes when it may not. */
static void refuse_words(struct filter *filter)
{
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 4));
	add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STDERR_FILENO, 0, 1));
	add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)));
	add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
}

/* Looks at an argument, too: what is longer is refused. */
static void allow_datagrams(struct filter *filter)
{
	const unsigned size = offsetof(struct seccomp_data, args[2]), high = size + 4; /* little-endian, as both are */
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 6));
	add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, high));
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3));
	add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, size));
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SANDBOX_DATAGRAM, 1, 0));
	add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)));
}

#define ALLOW(filter, calls) allow(filter, calls, sizeof(calls) / sizeof *(calls))
static_assert(sizeof of_all + sizeof of_live <= ALLOWED_MOST * sizeof(int), "the filter has room for all");
static_assert(sizeof opener_families <= FAMILIES_MOST * sizeof(int), "and for families");
static_assert(sizeof of_all + sizeof of_decoy_writer + sizeof of_strangers <= ALLOWED_MOST * sizeof(int), "and here");
static_assert(sizeof of_all + sizeof of_loader + sizeof of_opener <= ALLOWED_MOST * sizeof(int), "and here");

enum error sandbox_give_up_calls(enum sandbox_use use, struct failure *failure)
{
	struct filter filter = { .size = 0 };

	if (LEAKS_ARE_LOOKED_FOR)
		return OK;
	add(&filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	add(&filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	add(&filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	add(&filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	ALLOW(&filter, of_all);
	if (use == SANDBOX_LIVE)
		ALLOW(&filter, of_live);
	if (use == SANDBOX_LOADER)
		ALLOW(&filter, of_loader);
	if (use == SANDBOX_OPENER)
		ALLOW(&filter, of_opener), allow_sockets(&filter);
	if (use == SANDBOX_DECOY)
		ALLOW(&filter, of_decoy);
	if (use == SANDBOX_DECOY_WRITER || use == SANDBOX_DECOY_ANSWERS)
		ALLOW(&filter, of_decoy_writer);
	if (use == SANDBOX_DECOY || use == SANDBOX_DECOY_WRITER || use == SANDBOX_DECOY_ANSWERS)
		refuse_words(&filter);
	if (use == SANDBOX_DECOY_ANSWERS)
		allow_datagrams(&filter);
	if (use == SANDBOX_DECOY || use == SANDBOX_DECOY_WRITER || use == SANDBOX_DECOY_ANSWERS)
		answer(&filter, of_strangers, sizeof of_strangers / sizeof *of_strangers, SECCOMP_RET_KILL_PROCESS);
	add(&filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)));
	struct sock_fprog program = { filter.size, filter.at };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		return fail_errno(failure, "cannot give up system calls");
	return OK;
}

enum error sandbox_keep_opening(struct failure *failure)
{
	static const unsigned needed = 1u << CAP_NET_RAW | 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH |
				       1u << CAP_SETUID | 1u << CAP_SETGID;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct kept[2];

	if (syscall(SYS_capget, &header, kept) != 0)
		return fail_errno(failure, "cannot ask for capabilities");
	kept[0] = (struct __user_cap_data_struct){ .effective = kept[0].effective & needed,
		.permitted = kept[0].permitted & needed };
	kept[1] = (struct __user_cap_data_struct){ 0 };
	if (syscall(SYS_capset, &header, kept) != 0)
		return fail_errno(failure, "cannot give up capabilities");
	return sandbox_give_up_calls(SANDBOX_OPENER, failure);
}

enum error sandbox_enter(enum sandbox_use use, struct failure *failure)
{
	enum error error = sandbox_give_up_rights(failure);
	return error ? error : sandbox_give_up_calls(use, failure);
}
