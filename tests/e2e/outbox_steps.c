/*
 * Preloaded into a centre by outbox_steps.py: counts what a process does that others can see or that lasts (writing,
 * sending, connecting, syncing, renaming, removing), and kills it before the N-th such step after NOROSHI_STEPS/armed
 * appeared, when NOROSHI_STEPS/PROCESS-N is there. Looks at names only, because the processes may open no file beyond
 * their own.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char process[32]; /* "keeper", "courier", "front"; "" = the supervisor, or no centre */
static unsigned count;

static void __attribute__((constructor)) learn_name(void)
{
	char words[1024] = "";
	int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? 0 : read(file, words, sizeof words - 1);

	if (file >= 0)
		close(file);
	for (ssize_t at = 0, word = 0; at < size && word < 4; at += (ssize_t)strlen(words + at) + 1, word++)
		if (word == 3)
			snprintf(process, sizeof process, "%.31s", words + at);
}

static bool there(const char *name)
{
	const char *folder = getenv("NOROSHI_STEPS");
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder ? folder : "/nowhere", name);
	return access(path, F_OK) == 0;
}

static void step(void)
{
	char name[64];

	if (!there("armed")) {
		count = 0;
		return;
	}
	snprintf(name, sizeof name, "%s-%u", process, ++count);
	if (there(name))
		kill(getpid(), SIGKILL);
}

#define REAL(name, ...)                                                                                                \
	typeof(name) *real;                                                                                            \
	*(void **)&real = dlsym(RTLD_NEXT, #name);                                                                     \
	step();                                                                                                        \
	return real(__VA_ARGS__)

ssize_t write(int descriptor, const void *at, size_t size)
{
	REAL(write, descriptor, at, size);
}

ssize_t writev(int descriptor, const struct iovec *parts, int number)
{
	REAL(writev, descriptor, parts, number);
}

ssize_t pwrite64(int descriptor, const void *at, size_t size, off64_t offset)
{
	REAL(pwrite64, descriptor, at, size, offset);
}

ssize_t send(int descriptor, const void *at, size_t size, int flags)
{
	REAL(send, descriptor, at, size, flags);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
	REAL(sendmsg, descriptor, message, flags);
}

int connect(int descriptor, const struct sockaddr *address, socklen_t size)
{
	REAL(connect, descriptor, address, size);
}

int fsync(int descriptor)
{
	REAL(fsync, descriptor);
}

int fdatasync(int descriptor)
{
	REAL(fdatasync, descriptor);
}

int ftruncate64(int descriptor, off64_t size)
{
	REAL(ftruncate64, descriptor, size);
}

int unlink(const char *path)
{
	REAL(unlink, path);
}

int rename(const char *from, const char *to)
{
	REAL(rename, from, to);
}
