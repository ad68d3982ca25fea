/*
 * Reading rings of live capture: needs no right but the descriptor.
 */
#include "net/capture_ring.h"

#include "net/capture_live.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 64    /* of cache, bytes */
#define AHEAD 4096 /* bytes: some ten frames */

struct capture_ring {
	uint8_t *map;
	size_t size;
	int descriptor;
	uint16_t link;
	unsigned blocks, block; /* where we read */
	uint32_t left;          /* frames of this block that were not read yet */
	bool held;              /* this block is ours */
	uint32_t next;          /* of the next frame in the block, bytes */
	uint64_t number;        /* of the last frame */
	struct capture_counts counts;
};

enum error capture_ring_new(
    const struct capture_socket *from, uint64_t size, struct capture_ring **made, struct failure *failure)
{
	struct capture_ring *ring = calloc(1, sizeof *ring);
	unsigned blocks = (unsigned)(size / CAPTURE_BLOCK);

	if (!ring) {
		close(from->descriptor);
		return fail(failure, ERROR_MEMORY, "no memory for a ring");
	}
	*ring = (struct capture_ring){ .descriptor = from->descriptor,
		.link = from->link,
		.blocks = blocks,
		.size = (size_t)blocks * CAPTURE_BLOCK };
	ring->map = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->descriptor, 0);
	if (ring->map == MAP_FAILED) {
		enum error error = fail_errno(failure, "a ring of %zu bytes cannot be mapped", ring->size);
		close(ring->descriptor);
		free(ring);
		return error;
	}
	*made = ring;
	return OK;
}

void capture_ring_free(struct capture_ring *ring)
{
	if (!ring)
		return;
	munmap(ring->map, ring->size);
	close(ring->descriptor);
	free(ring);
}

int capture_ring_descriptor(const struct capture_ring *ring)
{
	return ring->descriptor;
}

/* ── frames ─ */

static struct tpacket_block_desc *block_at(const struct capture_ring *ring)
{
	return (struct tpacket_block_desc *)(void *)(ring->map + (size_t)ring->block * CAPTURE_BLOCK);
}

static void give_back(struct capture_ring *ring)
{
	__atomic_store_n(&block_at(ring)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->block = ring->block + 1 == ring->blocks ? 0 : ring->block + 1;
	ring->held = false;
}

static bool take(struct capture_ring *ring)
{
	struct tpacket_block_desc *block = block_at(ring);

	if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	ring->held = true;
	ring->left = block->hdr.bh1.num_pkts;
	ring->next = block->hdr.bh1.offset_to_first_pkt;
	return true;
}

/* The tag goes between the addresses and the type: the addresses move into the room that is reserved before them. */
static void put_tag_back(struct frame *frame, uint8_t *bytes, const struct tpacket3_hdr *header)
{
	enum { ADDRESSES = 2 * ETH_ALEN };
	unsigned type = header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid : ETH_P_8021Q;
	unsigned tag = header->hv1.tp_vlan_tci;
	uint8_t *begin = bytes - CAPTURE_TAG;

	if (frame->size < ADDRESSES)
		return;
	memmove(begin, bytes, ADDRESSES);
	begin[ADDRESSES] = (uint8_t)(type >> 8);
	begin[ADDRESSES + 1] = (uint8_t)type;
	begin[ADDRESSES + 2] = (uint8_t)(tag >> 8);
	begin[ADDRESSES + 3] = (uint8_t)tag;
	frame->bytes = begin;
	frame->size += CAPTURE_TAG;
	frame->on_wire += CAPTURE_TAG;
}

/* The kernel wrote the frames on another core, and where one begins stands in the one before: read one by one, each
 * would be waited for. So what comes later in the block is asked for, as many bytes as are read now. */
static void prefetch(const uint8_t *at, uint32_t size)
{
	for (uint32_t i = 0; i < size; i += LINE)
		__builtin_prefetch(at + AHEAD + i);
}

static void read_frame(struct capture_ring *ring, struct frame *frame)
{
	uint8_t *at = (uint8_t *)block_at(ring) + ring->next;
	const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)(const void *)at;
	uint8_t *bytes = at + header->tp_mac;

	*frame = (struct frame){ .bytes = bytes,
		.size = header->tp_snaplen,
		.on_wire = header->tp_len,
		.time = header->tp_sec * SECOND + header->tp_nsec,
		.link = ring->link,
		.number = ++ring->number };
	if (header->tp_status & TP_STATUS_VLAN_VALID && ring->link == LINK_ETHERNET)
		put_tag_back(frame, bytes, header);
	prefetch(at, header->tp_next_offset);
	ring->next += header->tp_next_offset;
	ring->left--;
}

size_t capture_ring_read(struct capture_ring *ring, struct frame *frames, size_t room)
{
	size_t count = 0;

	if (ring->held && ring->left == 0)
		give_back(ring);
	if (!ring->held && !take(ring))
		return 0;
	for (; count < room && ring->left > 0; count++)
		read_frame(ring, &frames[count]);
	return count;
}

/* ── the kernel's side ─ */

bool capture_ring_down(struct capture_ring *ring)
{
	int error = 0;
	socklen_t size = sizeof error;

	return getsockopt(ring->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ENETDOWN;
}

struct capture_counts capture_ring_count(struct capture_ring *ring)
{
	struct tpacket_stats_v3 since = { 0 };
	socklen_t size = sizeof since;

	/* each call begins again from 0; its packets are with those dropped */
	if (getsockopt(ring->descriptor, SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0) {
		ring->counts.packets += since.tp_packets;
		ring->counts.drops += since.tp_drops;
	}
	return ring->counts;
}
