/*
 * Descriptors over a socket pair (SCM_RIGHTS, unix(7)).
 */
#include "base/pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

enum error pass_pair(int descriptors[2], struct failure *failure)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, descriptors) != 0)
		return fail_errno(failure, "no socket pair");
	return OK;
}

enum error pass_send(int pair, const void *message, size_t size, int descriptor, struct failure *failure)
{
	union control control = { 0 };
	struct iovec part = { (void *)message, size };
	struct msghdr about = { .msg_iov = &part, .msg_iovlen = 1 };
	if (descriptor >= 0) {
		about.msg_control = control.room;
		about.msg_controllen = sizeof control.room;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
		memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
	}
	if (sendmsg(pair, &about, MSG_NOSIGNAL) == (ssize_t)size)
		return OK;
	return errno == EAGAIN ? fail(failure, ERROR_AGAIN, "the other process is behind")
			       : fail_errno(failure, "cannot hand over a descriptor");
}

enum error pass_receive(int pair, void *message, size_t size, int *descriptor, struct failure *failure)
{
	union control control = { 0 };
	struct iovec part = { message, size };
	struct msghdr about = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room
	};
	*descriptor = -1;
	ssize_t got = recvmsg(pair, &about, MSG_CMSG_CLOEXEC);
	if (got == 0)
		return fail(failure, ERROR_END, "the other process is gone");
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? fail(failure, ERROR_AGAIN, "nothing is there yet")
							 : fail_errno(failure, "cannot take over a descriptor");
	const struct cmsghdr *header = CMSG_FIRSTHDR(&about);
	if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof *descriptor))
		memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
	if ((size_t)got == size && !(about.msg_flags & MSG_TRUNC))
		return OK;
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
	return fail(failure, ERROR_CORRUPT, "a message of another size than expected");
}
