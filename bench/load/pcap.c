/*
 * Makes the captures that bench/run sensor measures on; see bench/sensor.py.
 *
 *   pcap mixed OUT BYTES FILE…   the files' Ethernet frames of IP, a packet of each in turn, again and again with
 *                                other addresses, until OUT has so many bytes
 *   pcap single OUT PACKETS      UDP packets of 64 bytes, each between other ends: each a flow of its own
 *
 * A microsecond between packets, so that no flow ends before the capture does. Prints "packets bytes".
 */
#include "base/hash.h"
#include "net/capture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN 1700000000u
#define MOST_FRAMES 1000000u

struct out {
	FILE *file;
	uint64_t packets, bytes;
};

static void put(struct out *out, const uint8_t *frame, uint32_t size, uint32_t on_wire)
{
	uint32_t header[4] = { BEGIN + (uint32_t)(out->packets / 1000000), (uint32_t)(out->packets % 1000000), size,
		on_wire };

	fwrite(header, sizeof header, 1, out->file);
	fwrite(frame, size, 1, out->file);
	out->packets++;
	out->bytes += sizeof header + size;
}

static void begin(struct out *out, const char *path)
{
	static const uint32_t header[6] = { 0xa1b2c3d4, 4u << 16 | 2, 0, 0, 262144, LINK_ETHERNET };

	out->file = fopen(path, "wb");
	if (!out->file) {
		perror(path);
		exit(2);
	}
	fwrite(header, sizeof header, 1, out->file);
	out->bytes += sizeof header;
}

/* ── captures again and again ─ */

struct capture {
	struct frame *frames;
	size_t count;
};

static size_t load(const char *path, struct capture *capture)
{
	struct capture_file *file;
	struct failure failure;
	struct frame frame;
	size_t count, bytes = 0;

	if (capture_file_open(path, &file, &failure) != OK)
		return 0;
	while (capture_file_read(file, &frame, 1, &count, &failure) == OK) {
		if (frame.link != LINK_ETHERNET || frame.size < 34 || capture->count == MOST_FRAMES)
			continue;
		unsigned type = (unsigned)frame.bytes[12] << 8 | frame.bytes[13];
		if (type != 0x0800 && (type != 0x86dd || frame.size < 54))
			continue;
		uint8_t *copy = malloc(frame.size);
		capture->frames = realloc(capture->frames, (capture->count + 1) * sizeof *capture->frames);
		if (!copy || !capture->frames)
			exit(2);
		memcpy(copy, frame.bytes, frame.size);
		frame.bytes = copy;
		capture->frames[capture->count++] = frame;
		bytes += frame.size + 16;
	}
	capture_file_close(file);
	return bytes;
}

/* Both ends move alike: what was a flow stays one. */
static void put_shifted(struct out *out, const struct frame *frame, unsigned round)
{
	static uint8_t shifted[262144];
	bool v6 = frame->bytes[12] == 0x86;

	memcpy(shifted, frame->bytes, frame->size);
	for (int end = 0; end < 2; end++) {
		uint8_t *address = shifted + (v6 ? 22 + 16 * end : 26 + 4 * end);
		address[1] = (uint8_t)(address[1] + round);
		address[0] = (uint8_t)(address[0] + (round >> 8));
	}
	put(out, shifted, frame->size, frame->on_wire);
}

static void make_mixed(struct out *out, uint64_t bytes, char **paths, size_t count)
{
	struct capture *captures = calloc(count + 1, sizeof *captures);
	size_t most = 0, loaded = 0;

	for (size_t i = 0; i < count; i++) {
		loaded += load(paths[i], &captures[i]);
		most = captures[i].count > most ? captures[i].count : most;
	}
	if (loaded == 0) {
		fprintf(stderr, "pcap: no frames in these files\n");
		exit(2);
	}
	for (unsigned round = 0; out->bytes < bytes; round++)
		for (size_t at = 0; at < most && out->bytes < bytes; at++)
			for (size_t i = 0; i < count; i++)
				if (at < captures[i].count)
					put_shifted(out, &captures[i].frames[at], round);
}

/* ── one packet a flow ─ */

static void make_single(struct out *out, uint64_t packets)
{
	uint8_t frame[64] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0, 0,
		50, [22] = 64, [23] = 17, [38] = 0, [39] = 30 };

	for (uint64_t i = 0; i < packets; i++) {
		uint64_t ends = hash_u64(i, 1);
		uint32_t ports = (uint32_t)hash_u64(i, 2);
		memcpy(frame + 26, &ends, 8);
		memcpy(frame + 34, &ports, 4);
		put(out, frame, sizeof frame, sizeof frame);
	}
}

int main(int argc, char **argv)
{
	struct out out = { 0 };

	if (argc < 4 || (strcmp(argv[1], "mixed") != 0 && strcmp(argv[1], "single") != 0)) {
		fprintf(stderr, "usage: pcap mixed OUT BYTES FILE… | pcap single OUT PACKETS\n");
		return 2;
	}
	begin(&out, argv[2]);
	if (argv[1][0] == 'm')
		make_mixed(&out, strtoull(argv[3], NULL, 10), argv + 4, (size_t)(argc - 4));
	else
		make_single(&out, strtoull(argv[3], NULL, 10));
	if (fclose(out.file) != 0) {
		perror(argv[2]);
		return 2;
	}
	printf("%llu %llu\n", (unsigned long long)out.packets, (unsigned long long)out.bytes);
	return 0;
}
