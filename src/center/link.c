/*
 * Descriptors over a socket pair (SCM_RIGHTS, unix(7)).
 */
#include "center/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum error link_pair(int descriptors[2], struct failure *failure)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, descriptors) != 0)
		return fail_errno(failure, "no socket pair");
	return OK;
}

enum error link_send(int link, uint8_t peer, int descriptor, struct failure *failure)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { &peer, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room,
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
	if (sendmsg(link, &message, MSG_NOSIGNAL) != 1)
		return fail_errno(failure, "cannot hand over a channel");
	return OK;
}

enum error link_receive(int link, uint8_t *peer, int *descriptor, struct failure *failure)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { peer, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room,
	};
	ssize_t got = recvmsg(link, &message, MSG_CMSG_CLOEXEC);
	if (got == 0)
		return ERROR_END;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? ERROR_AGAIN
							 : fail_errno(failure, "cannot take over a channel");
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof *descriptor))
		return fail(failure, ERROR_CORRUPT, "a message of the supervisor came without its descriptor");
	memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
	return OK;
}
