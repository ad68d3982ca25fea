/*
 * Sockets of live capture: what needs CAP_NET_RAW. Nothing arrives in any of them before all are in their group: a
 * filter that takes nothing is in force until then.
 */
#include "net/capture_live.h"
#include "net/capture_ring.h"
#include "net/capture_spread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef ARPHRD_RAWIP /* not in every C library */
#define ARPHRD_RAWIP 519
#endif
#define GIVEN_AFTER 20 /* milliseconds after its first frame a block is given to us, full or not */

int capture_interface_index(const char *interface)
{
	return (int)if_nametoindex(interface);
}

static bool ask_interface(int descriptor, unsigned long what, const char *interface, struct ifreq *answer)
{
	*answer = (struct ifreq){ 0 };
	return text_copy(text_of(interface), answer->ifr_name, sizeof answer->ifr_name) &&
	       ioctl(descriptor, what, answer) == 0;
}

bool capture_interface_up(const char *interface)
{
	struct ifreq answer;
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = descriptor >= 0 && ask_interface(descriptor, SIOCGIFFLAGS, interface, &answer) &&
		  (answer.ifr_flags & IFF_UP);

	if (descriptor >= 0)
		close(descriptor);
	return up;
}

static enum error set(int descriptor, int option, const void *value, size_t size, const char *words,
    const struct capture_settings *settings, struct failure *failure)
{
	if (setsockopt(descriptor, SOL_PACKET, option, value, (socklen_t)size) == 0)
		return OK;
	return fail_errno(failure, "%s: %s", settings->interface, words);
}

/* A frame is kept up to so many bytes; 0: none is taken. */
static enum error take_bytes(int descriptor, uint32_t bytes, struct failure *failure)
{
	struct sock_filter take = BPF_STMT(BPF_RET | BPF_K, bytes);
	const struct sock_fprog program = { 1, &take };

	if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
		return fail_errno(failure, "no filter can be set");
	return OK;
}

static enum error find_link(
    int descriptor, const char *interface, struct capture_socket *made, bool *loopback, struct failure *failure)
{
	struct ifreq answer;

	made->index = capture_interface_index(interface);
	if (made->index == 0 || !ask_interface(descriptor, SIOCGIFHWADDR, interface, &answer))
		return fail(failure, ERROR_NOT_FOUND, "there is no interface \"%s\"", interface);
	*loopback = answer.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
	switch (answer.ifr_hwaddr.sa_family) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		made->link = LINK_ETHERNET;
		return OK;
	case ARPHRD_NONE: /* tun, WireGuard */
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
		made->link = LINK_RAW;
		return OK;
	default:
		return fail(failure, ERROR_INPUT,
		    "%s is of hardware type %u, whose frames are not read: Ethernet, loopback, tun and IP tunnels are",
		    interface, answer.ifr_hwaddr.sa_family);
	}
}

static enum error make_ring(int descriptor, const struct capture_settings *settings, struct failure *failure)
{
	const int version = TPACKET_V3;
	const unsigned reserve = CAPTURE_TAG;
	const struct tpacket_req3 ring = {
		.tp_block_size = CAPTURE_BLOCK,
		.tp_block_nr = (unsigned)(settings->ring / CAPTURE_BLOCK),
		.tp_frame_size = CAPTURE_BLOCK, /* of no meaning in this version, but checked */
		.tp_frame_nr = (unsigned)(settings->ring / CAPTURE_BLOCK),
		.tp_retire_blk_tov = GIVEN_AFTER,
	};
	enum error error =
	    set(descriptor, PACKET_VERSION, &version, sizeof version, "no TPACKET_V3", settings, failure);

	if (!error)
		error =
		    set(descriptor, PACKET_RESERVE, &reserve, sizeof reserve, "no room for tags", settings, failure);
	if (!error)
		error =
		    set(descriptor, PACKET_RX_RING, &ring, sizeof ring, "no memory for the ring", settings, failure);
	return error;
}

static enum error bind_to(
    const struct capture_socket *made, const struct capture_settings *settings, bool loopback, struct failure *failure)
{
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = made->index
	};
	const struct packet_mreq all = { .mr_ifindex = made->index, .mr_type = PACKET_MR_PROMISC };
	const int yes = 1;
	enum error error = OK;

	/* on loopback each frame comes twice, as sent and as received */
	if (loopback)
		error =
		    set(made->descriptor, PACKET_IGNORE_OUTGOING, &yes, sizeof yes, "sent frames", settings, failure);
	if (!error && bind(made->descriptor, (const struct sockaddr *)&to, sizeof to) != 0)
		error = fail_errno(failure, "%s: cannot be listened to", settings->interface);
	if (!error && settings->promiscuous)
		error = set(made->descriptor, PACKET_ADD_MEMBERSHIP, &all, sizeof all, "no promiscuous mode", settings,
		    failure);
	return error;
}

static enum error open_one(
    const struct capture_settings *settings, struct capture_socket *made, struct failure *failure)
{
	bool loopback;

	made->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (made->descriptor < 0)
		return fail_errno(failure, "packets cannot be captured (CAP_NET_RAW is needed)");
	enum error error = find_link(made->descriptor, settings->interface, made, &loopback, failure);
	if (!error)
		error = make_ring(made->descriptor, settings, failure);
	if (!error)
		error = take_bytes(made->descriptor, 0, failure);
	if (!error)
		error = bind_to(made, settings, loopback, failure);
	return error;
}

/* All of them become one group; the first one finds a number for it. */
static enum error make_group(
    const struct capture_settings *settings, const struct capture_socket *sockets, struct failure *failure)
{
	struct sock_filter spread[SPREAD_MOST];
	const struct sock_fprog program = { capture_spread(spread), spread };
	int group = PACKET_FANOUT_CBPF << 16 | PACKET_FANOUT_FLAG_UNIQUEID << 16;
	enum error error = OK;

	for (unsigned i = 0; i < settings->workers && !error; i++) {
		error = set(sockets[i].descriptor, PACKET_FANOUT, &group, sizeof group, "no group of workers", settings,
		    failure);
		socklen_t size = sizeof group;
		if (!error && i == 0) {
			if (getsockopt(sockets[0].descriptor, SOL_PACKET, PACKET_FANOUT, &group, &size) != 0)
				error = fail_errno(failure, "%s: no group of workers", settings->interface);
			group = PACKET_FANOUT_CBPF << 16 | (group & 0xffff);
		}
	}
	if (!error)
		error = set(sockets[0].descriptor, PACKET_FANOUT_DATA, &program, sizeof program,
		    "frames cannot be spread over workers", settings, failure);
	return error;
}

enum error capture_sockets(
    const struct capture_settings *settings, struct capture_socket *sockets, struct failure *failure)
{
	enum error error = OK;

	for (unsigned i = 0; i < settings->workers; i++)
		sockets[i] = (struct capture_socket){ .descriptor = -1 };
	for (unsigned i = 0; i < settings->workers && !error; i++)
		error = open_one(settings, &sockets[i], failure);
	if (!error && settings->workers > 1)
		error = make_group(settings, sockets, failure);
	for (unsigned i = 0; i < settings->workers && !error; i++)
		error = take_bytes(sockets[i].descriptor, settings->snap ? settings->snap : CAPTURE_SNAP_MOST, failure);
	for (unsigned i = 0; i < settings->workers && error; i++)
		if (sockets[i].descriptor >= 0)
			close(sockets[i].descriptor);
	return error;
}
