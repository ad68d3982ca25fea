/*
 * Frozen: the limit that the sensor is measured against. Maps a capture of Ethernet frames (pcap, microseconds, this
 * machine's byte order) and, by CPU time, walks from packet to packet, reads the addresses, ports and protocol of each
 * and adds them up: the least that anything which meters flows must do. Prints one JSON object.
 *
 * Do not improve or change this file: ratios of different days are comparable only while it stands still.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t touch(const uint8_t *frame, uint32_t size)
{
	uint64_t ends;
	uint32_t ports;

	if (size < 38 || frame[12] != 8 || frame[13] != 0)
		return size;
	memcpy(&ends, frame + 26, 8);
	memcpy(&ports, frame + 34, 4);
	return ends + ports + frame[23];
}

int main(int argc, char **argv)
{
	struct stat about;
	int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (file < 0 || fstat(file, &about) != 0 || about.st_size < 24) {
		perror("pcap_walk");
		return 2;
	}
	uint64_t size = (uint64_t)about.st_size, packets = 0, sum = 0;
	const uint8_t *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (at == MAP_FAILED) {
		perror("pcap_walk");
		return 2;
	}
	double began = now();
	for (uint64_t place = 24; place + 16 <= size; packets++) {
		uint32_t captured;
		memcpy(&captured, at + place + 8, 4);
		if (captured > size - place - 16)
			break;
		sum += touch(at + place + 16, captured);
		place += 16 + captured;
	}
	double seconds = now() - began;
	printf("{\"packets\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"sum\":%llu}\n", (unsigned long long)packets,
	    (unsigned long long)size, seconds, (unsigned long long)sum);
	return 0;
}
