/*
 * Activities become packets; see capture_hour.h.
 */
#include "capture_hour.h"

#include "base/hash.h"
#include "darknet/packet/arrival.h"
#include "packets.h"

#include <stdlib.h>
#include <string.h>

#define TCP 6
#define UDP 17
#define NET 0xc6120000u

struct due {
	nanoseconds time;
	uint32_t row, number;
};

static int by_time(const void *a, const void *b)
{
	const struct due *x = a, *y = b;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static uint64_t draw(const struct capture_row *row, uint32_t number, unsigned what)
{
	uint64_t of_row = hash_u64((uint64_t)row->source << 32 | (uint64_t)row->activity.port << 16 | what, 1);
	return hash_u64((uint64_t)row->activity.first ^ of_row, number);
}

/* The first and the last as the activity says, the others somewhere between them. */
static nanoseconds time_of(const struct capture_row *row, uint32_t number)
{
	const struct activity *activity = &row->activity;
	nanoseconds span = activity->last - activity->first;
	if (number == 0 || span == 0)
		return activity->first;
	if (number + 1 == activity->packets)
		return activity->last;
	return activity->first + (nanoseconds)(draw(row, number, 0) % (uint64_t)span);
}

/* Of a system: MSS, SACK permitted, timestamps. Of others the MSS alone. */
static size_t write_options(uint8_t *to, uint32_t shape, bool system)
{
	static const uint8_t rest[] = { 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0 };
	to[0] = 2;
	to[1] = 4;
	to[2] = (uint8_t)(shape >> 24);
	to[3] = (uint8_t)(shape >> 16);
	if (to[2] == 0 && to[3] == 0)
		to[2] = to[3] = 255;
	if (system)
		memcpy(to + 4, rest, sizeof rest);
	return system ? 4 + sizeof rest : 4;
}

static void tell_tool(struct packet_made *made, unsigned tool, uint32_t sequence)
{
	switch (tool) {
	case TOOL_MIRAI:
		made->sequence = made->destination;
		break;
	case TOOL_ZMAP:
		made->identification = 54321;
		break;
	case TOOL_MASSCAN:
		made->identification = (uint16_t)(made->destination ^ made->port ^ sequence);
		break;
	default:
		made->fixed = true;
	}
}

static struct frame frame_of(const struct capture_row *row, uint32_t number, uint8_t room[static PACKET_ROOM])
{
	static const char filler[1024] = { [0 ... 1023] = 'Z' };
	static uint8_t options[40];
	const struct activity *activity = &row->activity;
	uint32_t shape = activity->shape ? activity->shape : (uint32_t)draw(row, number, 1);
	uint32_t place = (uint32_t)draw(row, 0, 2) + number * 1021; /* odd: each of them comes once in 4,096 */
	bool answers = activity->kind == ARRIVAL_BACKSCATTER;
	uint16_t other = (uint16_t)(32768 + draw(row, answers ? number : 0, 3) % 28000);
	struct packet_made made = { .source = row->source,
		.destination = NET + place % CAPTURE_ADDRESSES,
		.source_port = answers ? activity->port : other,
		.port = answers ? other : activity->port,
		.protocol = activity->protocol,
		.hops = 128,
		.identification = 1,
		.sequence = (uint32_t)draw(row, number, 4) | 1 };

	if (activity->protocol == UDP) {
		made.payload = filler;
		made.payload_size = 12 + shape % 499;
		made.hops = (uint8_t)(32 << shape / 499 % 3);
		tell_tool(&made, activity->tool == TOOL_MIRAI ? TOOL_UNKNOWN : activity->tool, 'Z' << 8 | 'Z');
		return packet_make(&made, room);
	}
	made.flags = answers ? 0x12 : 0x02;
	made.acknowledgement = answers ? (uint32_t)draw(row, number, 5) : 0;
	made.window = (uint16_t)shape;
	made.options = options;
	made.option_size = write_options(options, shape, activity->tool == TOOL_SYSTEM);
	tell_tool(&made, activity->tool, made.sequence);
	return packet_make(&made, room);
}

struct capture_look {
	struct space *space;
	uint8_t room[PACKET_ROOM];
};

struct capture_look *capture_look_new(void)
{
	struct capture_look *look = calloc(1, sizeof *look);
	struct prefix prefix;
	if (look && prefix_parse(TEXT(CAPTURE_NET), &prefix) && space_new(&prefix, 1, &look->space, NULL) == OK)
		return look;
	free(look);
	return NULL;
}

void capture_look_free(struct capture_look *look)
{
	if (look)
		space_free(look->space);
	free(look);
}

void capture_seen(struct capture_look *look, const struct capture_row *row, struct activity *activity)
{
	struct frame frame = frame_of(row, 0, look->room);
	struct arrival arrival;
	if (arrival_of(look->space, &frame, &arrival) != ARRIVAL_TAKEN || arrival.wrong_checksum ||
	    arrival.kind != activity->kind)
		abort(); /* it is no packet of that activity */
	activity->shape = arrival_shape(&arrival);
	activity->tool = arrival.tool;
	activity->method = arrival.method;
}

static void put(FILE *file, const uint32_t *words, size_t count)
{
	if (fwrite(words, sizeof *words, count, file) != count)
		abort();
}

void capture_begin(FILE *file)
{
	put(file, (const uint32_t[]){ 0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1 }, 6);
}

uint64_t capture_hour(FILE *file, const struct capture_row *rows, size_t count)
{
	static uint8_t room[PACKET_ROOM];
	size_t packets = 0, at = 0;
	for (size_t i = 0; i < count; i++)
		packets += rows[i].activity.packets;
	struct due *due = malloc((packets + 1) * sizeof *due);
	if (!due)
		abort();
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t number = 0; number < rows[i].activity.packets; number++)
			due[at++] = (struct due){ time_of(&rows[i], number), i, number };
	qsort(due, packets, sizeof *due, by_time);
	for (size_t i = 0; i < packets; i++) {
		struct frame frame = frame_of(&rows[due[i].row], due[i].number, room);
		put(file,
		    (const uint32_t[]){
			(uint32_t)(due[i].time / SECOND), (uint32_t)(due[i].time % SECOND), frame.size, frame.on_wire },
		    4);
		if (fwrite(frame.bytes, frame.size, 1, file) != 1)
			abort();
	}
	free(due);
	return packets;
}
