/*
 * Frozen: the limit that live capture is measured against. One ring (AF_PACKET, TPACKET_V3) of so many MiB on an
 * interface, whose frames are counted, their first bytes read, and nothing else: the least that anything which captures
 * must do. On SIGTERM it prints one JSON object with what it and the kernel counted.
 *
 *   ring_count INTERFACE MIB
 *
 * Do not improve or change this file: ratios of different days are comparable only while it stands still.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define BLOCK (1u << 20)

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

int main(int argc, char **argv)
{
	int version = TPACKET_V3, ring = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned blocks = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	struct tpacket_req3 want = { BLOCK, blocks, BLOCK, blocks, 20, 0, 0 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct tpacket_stats_v3 kernel = { 0 };
	socklen_t size = sizeof kernel;
	uint64_t packets = 0, bytes = 0, touched = 0;

	if (argc == 3)
		to.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (ring < 0 || !to.sll_ifindex ||
	    setsockopt(ring, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
	    setsockopt(ring, SOL_PACKET, PACKET_RX_RING, &want, sizeof want) != 0) {
		perror("ring_count");
		return 2;
	}
	uint8_t *map = mmap(NULL, (size_t)blocks * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	if (map == MAP_FAILED || bind(ring, (struct sockaddr *)&to, sizeof to) != 0) {
		perror("ring_count");
		return 2;
	}
	signal(SIGTERM, stop);
	fprintf(stderr, "listening\n");
	for (unsigned block = 0; !stopped;) {
		struct tpacket_block_desc *at = (void *)(map + (size_t)block * BLOCK);
		if (!(__atomic_load_n(&at->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
			struct pollfd ready = { ring, POLLIN, 0 };
			poll(&ready, 1, 100);
			continue;
		}
		struct tpacket3_hdr *frame = (void *)((uint8_t *)at + at->hdr.bh1.offset_to_first_pkt);
		for (uint32_t left = at->hdr.bh1.num_pkts; left > 0; left--) {
			uint64_t first;
			memcpy(&first, (uint8_t *)frame + frame->tp_mac, sizeof first);
			touched += first;
			packets++;
			bytes += frame->tp_len;
			frame = (void *)((uint8_t *)frame + frame->tp_next_offset);
		}
		__atomic_store_n(&at->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		block = block + 1 == blocks ? 0 : block + 1;
	}
	getsockopt(ring, SOL_PACKET, PACKET_STATISTICS, &kernel, &size);
	printf("{\"packets\":%llu,\"bytes\":%llu,\"kernel_packets\":%u,\"kernel_drops\":%u,\"touched\":%llu}\n",
	    (unsigned long long)packets, (unsigned long long)bytes, kernel.tp_packets, kernel.tp_drops,
	    (unsigned long long)(touched & 1));
	return 0;
}
