/*
 * The binary packets of SSH (RFC 4253, 6), plain and with aes128-ctr (RFC 4344) and hmac-sha2-256 (RFC 6668).
 */
#ifndef NOROSHI_DECOY_SSH_PACKET_H
#define NOROSHI_DECOY_SSH_PACKET_H

#include "base/text.h"

#define SSH_PACKET_MOST 35000u /* bytes of one (RFC 4253, 6.1) */
#define SSH_KEY 16u
#define SSH_MAC 32u

struct ssh_direction {
	void *cipher; /* NULL: plain */
	uint8_t mac[SSH_MAC];
	uint32_t sequence;
};

struct ssh_packets {
	struct ssh_direction in, out;
	bool begun; /* the first block of a packet is decrypted */
	uint8_t first[SSH_KEY];
	struct builder plain; /* the packet that was read last, without length and padding */
};

/* From the next packet on. False: no memory. */
bool ssh_direction_key(struct ssh_direction *direction, const uint8_t key[SSH_KEY], const uint8_t start[SSH_KEY],
    const uint8_t mac[SSH_MAC]);

/* As a protocol's step(): bytes of `input` that were consumed. *packet has bytes once one is whole; *broken: none of
 * the kind, or its checksum is wrong. */
size_t ssh_packet_read(struct ssh_packets *packets, struct text input, struct text *packet, bool *broken);
void ssh_packet_write(
    struct ssh_packets *packets, void (*random)(void *at, size_t size), struct text packet, struct builder *to);
void ssh_packets_free(struct ssh_packets *packets);

#endif
