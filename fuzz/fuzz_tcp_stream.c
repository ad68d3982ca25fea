/*
 * Reassembly: segments of one known stream, in any order, cut, doubled and lost: what is handed on is the stream, each
 * byte at its place and once, with gaps where bytes are missing. Three bytes an operation: what, where, how much.
 *
 * Sources: net/tcp_stream.c.
 */
#include "fuzz.h"
#include "net/tcp_stream.h"

#include <string.h>

#define LONGEST 4096

struct taken {
	uint32_t at; /* place in the stream */
	bool ended;
};

static uint8_t byte_at(uint32_t place)
{
	return (uint8_t)(place * 131 + (place >> 8) * 7);
}

static void take_bytes(void *context, const uint8_t *bytes, uint32_t size)
{
	struct taken *taken = context;
	CHECK(!taken->ended);
	for (uint32_t i = 0; i < size; i++)
		CHECK(bytes[i] == byte_at(taken->at + i));
	taken->at += size;
}

static void take_gap(void *context, uint64_t missing)
{
	struct taken *taken = context;
	CHECK(!taken->ended && missing > 0);
	taken->at += (uint32_t)missing;
}

static void take_end(void *context)
{
	struct taken *taken = context;
	CHECK(!taken->ended);
	taken->ended = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t stream[LONGEST + 512];
	struct taken taken = { 0 };
	struct tcp_side side = { 0 };
	struct stream_memory memory = { .most = 8192, .waiting = 2048 };
	const struct tcp_taker taker = { &taken, take_bytes, take_gap, take_end };
	uint32_t begin = size ? (uint32_t)data[0] << 24 | 0xffff00u : 0; /* some wrap around */

	if (data && size && data[0] == 0xff)
		begin = 0xffffff80u;
	for (uint32_t i = 0; i < sizeof stream; i++)
		stream[i] = byte_at(i);
	tcp_side_syn(&side, begin);
	for (size_t i = 1; i + 3 <= size; i += 3) {
		uint32_t place = ((uint32_t)data[i + 1] << 4 | data[i] >> 4) % LONGEST, length = data[i + 2];
		if ((data[i] & 15) < 10)
			CHECK(!tcp_side_segment(&side, &memory, &taker, begin + place, stream + place, length, 0));
		else if ((data[i] & 15) == 10)
			CHECK(!tcp_side_segment(
			    &side, &memory, &taker, begin + place, stream + place, length / 2, length / 4));
		else if ((data[i] & 15) == 11)
			tcp_side_fin(&side, &taker, begin + place);
		else
			tcp_side_acknowledged(&side, &memory, &taker, begin + place);
		CHECK(memory.used <= memory.most && (!side.waiting || side.waiting_bytes <= memory.waiting));
	}
	tcp_side_finish(&side, &memory, &taker);
	CHECK(taken.ended && memory.used == 0 && !side.waiting);
	return 0;
}
