/*
 * A capture of a telescope, for bench/run darknet: SYNs of so many sources to random addresses of 44.0.0.0/8.
 *
 * usage: telescope FILE PACKETS SOURCES
 *
 * The first packet of each source comes in turn, then they send at random. 200,000 packets a second of data time; right
 * checksums; sources are spread over all of IPv4. The same file for the same numbers.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 54
#define RATE 200000u

static uint16_t checksum_of(const uint8_t *at, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void fill(uint8_t *frame, uint32_t source, uint64_t chance)
{
	uint8_t *ip = frame + 14, *tcp = ip + 20;
	put16(ip + 4, (uint16_t)chance);
	put16(ip + 10, 0);
	memcpy(ip + 12, &source, 4);
	ip[16] = 44;
	memcpy(ip + 17, (const uint8_t *)&chance + 2, 3);
	put16(ip + 10, checksum_of(ip, 20, 0));
	memcpy(tcp, (const uint8_t *)&chance + 5, 2);
	memcpy(tcp + 4, &chance, 4);
	put16(tcp + 16, 0);
	put16(tcp + 16, checksum_of(tcp, 20, checksum_of(ip + 12, 8, 26) ^ 0xffffu));
}

int main(int count, char **words)
{
	static const uint8_t head[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, [18] = 4, [20] = 1 };
	uint8_t record[16 + FRAME] = { [8] = FRAME, [12] = FRAME, [28] = 8, [30] = 0x45, [33] = 40, [38] = 60, 6 };
	if (count != 4)
		return 2;
	uint64_t packets = strtoull(words[2], NULL, 10), sources = strtoull(words[3], NULL, 10),
		 state = 88172645463325252u;
	FILE *file = fopen(words[1], "we");
	if (!file || !sources)
		return 2;
	fwrite(head, 1, sizeof head, file);
	record[16 + 37] = 23; /* the port */
	record[16 + 46] = 5 << 4;
	record[16 + 47] = 2; /* SYN */
	record[16 + 48] = 4; /* a window of 1,024 */
	for (uint64_t i = 0; i < packets; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		uint64_t chance = state * 0x2545f4914f6cdd1du;
		uint64_t source = i < sources ? i : (chance >> 32) % sources;
		uint32_t second = 1700000000u + (uint32_t)(i / RATE),
			 fraction = (uint32_t)(i % RATE) * (1000000u / RATE);
		memcpy(record, &second, 4);
		memcpy(record + 4, &fraction, 4);
		fill(record + 16, (uint32_t)source * 2654435761u, chance);
		fwrite(record, 1, sizeof record, file);
	}
	return fclose(file) == 0 ? 0 : 1;
}
