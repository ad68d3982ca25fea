/*
 * What the processes of the decoy may not do, tried from inside them: connecting out, sending to somebody, opening
 * files, starting programs. Each try is a process of its own that confines itself as the decoy does.
 */
#include "base/landlock.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLED (-SIGSYS)

static int pair[2], datagrams, listener;
static struct sockaddr_in somebody;
static char folder[] = "/tmp/decoy-confined-XXXXXX";

/* ── tries: 0 = it was let ─ */

static int told(long result)
{
	return result < 0 ? errno : 0;
}
static int try_connect(void)
{
	return told(connect(datagrams, (struct sockaddr *)&somebody, sizeof somebody));
}
static int try_socket(void)
{
	return told(socket(AF_INET, SOCK_STREAM, 0));
}
static int try_sendto(void)
{
	return told(sendto(datagrams, "x", 1, 0, (struct sockaddr *)&somebody, sizeof somebody));
}
static int try_sendto_large(void)
{
	static const char bytes[SANDBOX_DATAGRAM + 1];
	return told(sendto(datagrams, bytes, sizeof bytes, 0, (struct sockaddr *)&somebody, sizeof somebody));
}
static int try_sendmsg(void)
{
	struct iovec part = { (char[]){ 'x' }, 1 };
	struct msghdr message = {
		.msg_name = &somebody, .msg_namelen = sizeof somebody, .msg_iov = &part, .msg_iovlen = 1
	};
	return told(sendmsg(datagrams, &message, 0));
}
static int try_bind(void)
{
	return told(bind(datagrams, (struct sockaddr *)&somebody, sizeof somebody));
}
static int try_listen(void)
{
	return told(listen(listener, 1));
}
static int try_open(void)
{
	return told(open("/etc/passwd", O_RDONLY));
}
static int try_make(void)
{
	char path[64];
	snprintf(path, sizeof path, "%s/file", folder);
	return told(open(path, O_WRONLY | O_CREAT, 0600));
}
static int try_execve(void)
{
	return told(execl("/bin/true", "true", NULL));
}
static int try_execveat(void)
{
	char *const words[] = { "true", NULL };
	return told(syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, words + 1, 0));
}
static int try_fork(void)
{
	return told(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}
static int try_ptrace(void)
{
	return told(syscall(SYS_ptrace, 16, getppid(), 0, 0));
}
static int try_memory_file(void)
{
	return told(memfd_create("x", 0));
}
static int try_ring(void)
{
	char settings[120] = { 0 };
	return told(syscall(SYS_io_uring_setup, 1, settings));
}
static int try_unlink(void)
{
	return told(unlink("/tmp/decoy-confined-none"));
}
static int try_kill(void)
{
	return told(kill(getppid(), 0));
}
static int try_mount(void)
{
	return told(syscall(SYS_mount, "a", "/tmp", "tmpfs", 0, 0));
}
static int try_write(void)
{
	return told(write(pair[0], "x", 1));
}

/* ── */

/* errno of the try, or minus the signal that ended it. */
static int inside(enum sandbox_use use, int (*try)(void))
{
	int status;
	fflush(stdout);
	pid_t process = fork();
	assert_true(process >= 0);
	if (process == 0) {
		const struct confine_path own = { folder, true };
		struct failure failure;
		bool landlocked = true;
		signal(SIGSYS, SIG_DFL);
		if (sandbox_give_up_rights(&failure) != OK)
			_exit(255);
		if (use != SANDBOX_DECOY && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
						landlock_confine(&own, 1, &landlocked, &failure) != OK))
			_exit(255);
		if (sandbox_give_up_calls(use, &failure) != OK)
			_exit(255);
		_exit(landlocked ? try() : 254);
	}
	assert_int_equal(waitpid(process, &status, 0), process);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A kernel may have none: then nothing is known of it. */
static bool no_landlock(void)
{
	bool none = inside(SANDBOX_DECOY_WRITER, try_write) == 254;
	if (none)
		print_message("# this kernel has no Landlock\n");
	return none;
}

static void test_who_answers_may_talk_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(inside(SANDBOX_DECOY, try_write), 0);
	int (*const killed[])(void) = { try_connect, try_socket, try_sendto, try_sendmsg, try_bind, try_listen,
		try_open, try_make, try_execve, try_execveat, try_fork, try_ptrace, try_memory_file, try_ring };
	for (size_t i = 0; i < sizeof killed / sizeof *killed; i++)
		assert_int_equal(inside(SANDBOX_DECOY, killed[i]), KILLED);
	assert_int_equal(inside(SANDBOX_DECOY, try_unlink), EPERM);
	assert_int_equal(inside(SANDBOX_DECOY, try_kill), EPERM);
	assert_int_equal(inside(SANDBOX_DECOY, try_mount), EPERM);
}

static void test_who_writes_may_write_its_folder_and_nothing_else(void **state)
{
	(void)state;
	if (no_landlock())
		return;
	assert_int_equal(inside(SANDBOX_DECOY_WRITER, try_make), 0);
	assert_int_equal(inside(SANDBOX_DECOY_WRITER, try_open), EACCES);
	int (*const killed[])(void) = { try_connect, try_socket, try_sendto, try_sendmsg, try_bind, try_listen,
		try_execve, try_execveat, try_fork, try_ptrace, try_memory_file, try_ring };
	for (size_t i = 0; i < sizeof killed / sizeof *killed; i++)
		assert_int_equal(inside(SANDBOX_DECOY_WRITER, killed[i]), KILLED);
	assert_int_equal(inside(SANDBOX_DECOY_WRITER, try_kill), EPERM);
}

static void test_who_answers_datagrams_may_send_little_ones(void **state)
{
	(void)state;
	if (no_landlock())
		return;
	assert_int_equal(inside(SANDBOX_DECOY_ANSWERS, try_sendto), 0);
	assert_int_equal(inside(SANDBOX_DECOY_ANSWERS, try_sendto_large), EPERM);
	assert_int_equal(inside(SANDBOX_DECOY_ANSWERS, try_sendmsg), KILLED);
	assert_int_equal(inside(SANDBOX_DECOY_ANSWERS, try_connect), KILLED);
	assert_int_equal(inside(SANDBOX_DECOY_ANSWERS, try_socket), KILLED);
}

/* The same tries outside: each is one that could have worked. */
static void test_unconfined_the_tries_work(void **state)
{
	(void)state;
	assert_int_equal(try_sendto(), 0);
	assert_int_equal(try_sendto_large(), 0);
	assert_int_equal(try_sendmsg(), 0);
	assert_int_equal(try_socket(), 0);
	assert_int_equal(try_open(), 0);
	assert_int_equal(try_make(), 0);
	assert_int_equal(try_listen(), 0);
	assert_int_equal(try_memory_file(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_answers_may_talk_and_nothing_else),
		cmocka_unit_test(test_who_writes_may_write_its_folder_and_nothing_else),
		cmocka_unit_test(test_who_answers_datagrams_may_send_little_ones),
		cmocka_unit_test(test_unconfined_the_tries_work),
	};
#ifdef __SANITIZE_ADDRESS__ /* which looks for leaks with calls of its own: net/sandbox.c lets all of them */
	puts("1..0 # SKIP no filter of system calls beside the address sanitizer");
	return 0;
#endif
	socklen_t size = sizeof somebody;
	int target = socket(AF_INET, SOCK_DGRAM, 0);
	somebody = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	datagrams = socket(AF_INET, SOCK_DGRAM, 0);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(target, (struct sockaddr *)&somebody, size) != 0 ||
	    getsockname(target, (struct sockaddr *)&somebody, &size) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 || !mkdtemp(folder) || chmod(folder, 0777) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	char path[64];
	snprintf(path, sizeof path, "%s/file", folder);
	unlink(path);
	rmdir(folder);
	return failed;
}
