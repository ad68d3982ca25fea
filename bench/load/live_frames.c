/*
 * The load of bench/run live: frames of a capture that the kernel sends into an interface (XDP live frames:
 * BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES), at a rate, one by one.
 *
 *   live-frames CAPTURE INTERFACE PACKETS_PER_SECOND PACKETS [ROUNDS [targets]]
 *
 * A small program at the XDP hook makes each frame: when one is due it takes the capture's next frame out of a map,
 * moves both addresses by the number of times that the capture was gone through (so that flows are new ones each time;
 * ROUNDS: by those who sent before; "targets": only the last bytes of where they go, for the same sources), and lets it
 * pass to the kernel as received by the interface; else it drops it. Frames of more than LARGEST bytes are left out.
 * The interface is one of a veth pair; packets are for no host of it. Prints
 * {"sent":…,"seconds":…,"frames":…,"rounds":…}.
 */
#include "net/capture_file.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MOST 12000u
#define LARGEST 1592u
#define PACKED 4000000u /* bytes of frames, one behind the other: so they come into the cache before they are read */
#define BATCH 64u
#define LOOK_EVERY 1000000 /* nanoseconds */

struct slot { /* in the map of frames, as far as the frame goes; the next one begins at a multiple of 8 */
	uint32_t size, version;
	uint8_t bytes[LARGEST];
};
struct state { /* value of the map of one */
	uint64_t sent, limit;
	uint64_t begun, ended; /* when the program did; 0 = not yet */
	uint64_t thousands;    /* of packets a second */
	uint64_t due;          /* so many in all, when the clock was last read */
	uint64_t end, next;    /* of the packed frames; where the next one begins */
	uint64_t rounds;       /* how often the capture was gone through */
};

static _Noreturn void stop(const char *what)
{
	fprintf(stderr, "live-frames: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

/* ── maps ─ */

static int map_new(uint32_t value_size)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = value_size, .max_entries = 1
	};
	int map = (int)bpf(BPF_MAP_CREATE, &attributes);

	if (map < 0)
		stop("no map");
	return map;
}

static void map_use(int command, int map, void *value)
{
	uint32_t key = 0;
	union bpf_attr attributes = { .map_fd = (uint32_t)map, .key = (uintptr_t)&key, .value = (uintptr_t)value };

	if (bpf(command, &attributes) != 0)
		stop("map");
}

/* How many; *end is behind the last. */
static uint32_t load_frames(const char *path, int map, uint64_t *end)
{
	static uint8_t packed[PACKED];
	struct capture_file *file;
	struct failure failure;
	struct frame frame;
	size_t count, at = 0;
	uint32_t loaded = 0;

	if (capture_file_open(path, &file, &failure) != OK) {
		fprintf(stderr, "live-frames: %s\n", failure.words);
		exit(2);
	}
	while (loaded < FRAMES_MOST && at <= PACKED - sizeof(struct slot) &&
	       capture_file_read(file, &frame, 1, &count, &failure) == OK) {
		struct slot *slot = (struct slot *)(packed + at);
		if (frame.link != LINK_ETHERNET || frame.size < 34 || frame.size > LARGEST)
			continue;
		bool six = frame.bytes[12] == 0x86 && frame.bytes[13] == 0xdd && frame.size >= 54;
		slot->size = frame.size;
		slot->version = six ? 6 : 4;
		memcpy(slot->bytes, frame.bytes, frame.size);
		at += (offsetof(struct slot, bytes) + frame.size + 7) / 8 * 8;
		loaded++;
	}
	capture_file_close(file);
	map_use(BPF_MAP_UPDATE_ELEM, map, packed);
	*end = at;
	return loaded;
}

/* ── the program ─ */

struct draft {
	struct bpf_insn at[160];
	int count;
	int drops[32], drop_count; /* jumps to the end */
};

static int add(struct draft *draft, int code, int to, int from, int offset, int number)
{
	draft->at[draft->count] = (struct bpf_insn){ .code = (uint8_t)code,
		.dst_reg = (uint8_t)(to & 15),
		.src_reg = (uint8_t)(from & 15),
		.off = (int16_t)offset,
		.imm = number };
	return draft->count++;
}

#define COPY(to, from) add(draft, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define SET(to, number) add(draft, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number)
#define WITH(operation, to, from) add(draft, BPF_ALU64 | (operation) | BPF_X, to, from, 0, 0)
#define WITH_NUMBER(operation, to, number) add(draft, BPF_ALU64 | (operation) | BPF_K, to, 0, 0, number)
#define LOAD(size, to, from, offset) add(draft, BPF_LDX | (size) | BPF_MEM, to, from, offset, 0)
#define STORE(size, to, offset, from) add(draft, BPF_STX | (size) | BPF_MEM, to, from, offset, 0)
#define CALL(function) add(draft, BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define DROP_IF(how, one, other)                                                                                       \
	(draft->drops[draft->drop_count++] = add(draft, BPF_JMP | (how) | BPF_X, one, other, 0, 0))
#define DROP_IF_NUMBER(how, one, number)                                                                               \
	(draft->drops[draft->drop_count++] = add(draft, BPF_JMP | (how) | BPF_K, one, 0, 0, number))
#define AT(member) ((int)offsetof(struct state, member))

/* r0 = the value of the map. */
static void look_up(struct draft *draft, int map)
{
	add(draft, BPF_ST | BPF_W | BPF_MEM, 10, 0, -4, 0);
	add(draft, BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
	add(draft, 0, 0, 0, 0, 0);
	COPY(2, 10);
	WITH_NUMBER(BPF_ADD, 2, -4);
	CALL(BPF_FUNC_map_lookup_elem);
	DROP_IF_NUMBER(BPF_JEQ, 0, 0);
}

/* r7 = the state, r8 = how many were sent; on from here only when one more is due. The clock is read when all that were
 * due are sent: reading it for each frame takes a twentieth of the time that a frame takes. */
static void wait_until_due(struct draft *draft, int state)
{
	look_up(draft, state);
	COPY(7, 0);
	LOAD(BPF_DW, 8, 7, AT(sent));
	LOAD(BPF_DW, 1, 7, AT(limit));
	int is_left = add(draft, BPF_JMP | BPF_JLT | BPF_X, 8, 1, 0, 0);
	LOAD(BPF_DW, 1, 7, AT(ended));
	DROP_IF_NUMBER(BPF_JNE, 1, 0);
	CALL(BPF_FUNC_ktime_get_ns);
	STORE(BPF_DW, 7, AT(ended), 0);
	DROP_IF(BPF_JGE, 8, 8);
	draft->at[is_left].off = (int16_t)(draft->count - is_left - 1);
	LOAD(BPF_DW, 1, 7, AT(due));
	int is_due = add(draft, BPF_JMP | BPF_JLT | BPF_X, 8, 1, 0, 0);
	CALL(BPF_FUNC_ktime_get_ns);
	LOAD(BPF_DW, 1, 7, AT(begun));
	int begun = add(draft, BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, 0);
	STORE(BPF_DW, 7, AT(begun), 0);
	COPY(1, 0);
	draft->at[begun].off = (int16_t)(draft->count - begun - 1);
	WITH(BPF_SUB, 0, 1);
	LOAD(BPF_DW, 1, 7, AT(thousands));
	WITH(BPF_MUL, 0, 1);
	WITH_NUMBER(BPF_DIV, 0, 1000000);
	WITH_NUMBER(BPF_ADD, 0, 1);
	STORE(BPF_DW, 7, AT(due), 0);
	DROP_IF(BPF_JGE, 8, 0);
	draft->at[is_due].off = (int16_t)(draft->count - is_due - 1);
}

/* r9 = the frame that comes next, which takes the place of the one that is there. */
static void take_frame(struct draft *draft, int frames)
{
	look_up(draft, frames);
	COPY(9, 0);
	LOAD(BPF_DW, 1, 7, AT(next));
	DROP_IF_NUMBER(BPF_JGT, 1, (int)(PACKED - sizeof(struct slot)));
	WITH(BPF_ADD, 9, 1);
	LOAD(BPF_W, 1, 6, (int)offsetof(struct xdp_md, data_end));
	LOAD(BPF_W, 2, 6, (int)offsetof(struct xdp_md, data));
	WITH(BPF_SUB, 1, 2);
	LOAD(BPF_W, 2, 9, (int)offsetof(struct slot, size));
	WITH(BPF_SUB, 2, 1);
	COPY(1, 6);
	CALL(BPF_FUNC_xdp_adjust_tail);
	DROP_IF_NUMBER(BPF_JNE, 0, 0);
	LOAD(BPF_W, 4, 9, (int)offsetof(struct slot, size));
	DROP_IF_NUMBER(BPF_JGT, 4, (int)LARGEST);
	DROP_IF_NUMBER(BPF_JEQ, 4, 0);
	COPY(1, 6);
	SET(2, 0);
	COPY(3, 9);
	WITH_NUMBER(BPF_ADD, 3, (int)offsetof(struct slot, bytes));
	CALL(BPF_FUNC_xdp_store_bytes);
	DROP_IF_NUMBER(BPF_JNE, 0, 0);
}

/* r1 = the frame; its bytes there += r3 >> 8, r3. */
static void move_bytes(struct draft *draft, int place)
{
	for (int byte = 1; byte >= 0; byte--) {
		LOAD(BPF_B, 4, 1, place + byte);
		COPY(5, 3);
		if (byte == 0)
			WITH_NUMBER(BPF_RSH, 5, 8);
		WITH(BPF_ADD, 4, 5);
		STORE(BPF_B, 1, place + byte, 4);
	}
}

/* Of IPv4 and IPv6 the first bytes of both addresses; with `targets` the last ones of IPv4's destination alone. */
static void renew(struct draft *draft, bool targets)
{
	LOAD(BPF_DW, 3, 7, AT(rounds));
	LOAD(BPF_W, 0, 9, (int)offsetof(struct slot, version));
	LOAD(BPF_W, 1, 6, (int)offsetof(struct xdp_md, data));
	LOAD(BPF_W, 2, 6, (int)offsetof(struct xdp_md, data_end));
	COPY(5, 1);
	WITH_NUMBER(BPF_ADD, 5, 34);
	DROP_IF(BPF_JGT, 5, 2);
	int six = add(draft, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 6);
	if (!targets)
		move_bytes(draft, 26);
	move_bytes(draft, targets ? 32 : 30);
	int done = add(draft, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	draft->at[six].off = (int16_t)(draft->count - six - 1);
	COPY(5, 1);
	WITH_NUMBER(BPF_ADD, 5, 54);
	DROP_IF(BPF_JGT, 5, 2);
	if (!targets)
		move_bytes(draft, 22), move_bytes(draft, 38);
	draft->at[done].off = (int16_t)(draft->count - done - 1);
}

static void count(struct draft *draft)
{
	WITH_NUMBER(BPF_ADD, 8, 1);
	STORE(BPF_DW, 7, AT(sent), 8);
	LOAD(BPF_W, 1, 9, (int)offsetof(struct slot, size));
	WITH_NUMBER(BPF_ADD, 1, (int)offsetof(struct slot, bytes) + 7);
	WITH_NUMBER(BPF_AND, 1, ~7);
	LOAD(BPF_DW, 2, 7, AT(next));
	WITH(BPF_ADD, 1, 2);
	LOAD(BPF_DW, 2, 7, AT(end));
	int within = add(draft, BPF_JMP | BPF_JLT | BPF_X, 1, 2, 0, 0);
	SET(1, 0);
	LOAD(BPF_DW, 2, 7, AT(rounds));
	WITH_NUMBER(BPF_ADD, 2, 1);
	STORE(BPF_DW, 7, AT(rounds), 2);
	draft->at[within].off = (int16_t)(draft->count - within - 1);
	STORE(BPF_DW, 7, AT(next), 1);
}

static int program_load(const struct bpf_insn *at, int count)
{
	static char log[1 << 16];
	union bpf_attr attributes = { .prog_type = BPF_PROG_TYPE_XDP,
		.insn_cnt = (uint32_t)count,
		.insns = (uintptr_t)at,
		.license = (uintptr_t) "Apache-2.0",
		.log_level = 1,
		.log_size = sizeof log,
		.log_buf = (uintptr_t)log };
	int program = (int)bpf(BPF_PROG_LOAD, &attributes);

	if (program < 0) {
		fprintf(stderr, "%s\n", log);
		stop("no program");
	}
	return program;
}

static int program_new(int state, int frames, bool targets)
{
	struct draft made = { .count = 0 }, *draft = &made;

	COPY(6, 1);
	wait_until_due(draft, state);
	take_frame(draft, frames);
	renew(draft, targets);
	count(draft);
	SET(0, XDP_PASS);
	add(draft, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (int i = 0; i < draft->drop_count; i++)
		draft->at[draft->drops[i]].off = (int16_t)(draft->count - draft->drops[i] - 1);
	SET(0, XDP_DROP);
	add(draft, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return program_load(draft->at, draft->count);
}

/* A veth has a queue for XDP only while a program is attached to it: this one lets everything pass. */
static void attach_passing(unsigned interface)
{
	struct draft made = { .count = 0 }, *draft = &made;

	SET(0, XDP_PASS);
	add(draft, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	union bpf_attr attributes = { .link_create = { .prog_fd = (uint32_t)program_load(draft->at, draft->count),
					  .target_ifindex = interface,
					  .attach_type = BPF_XDP } };
	if (bpf(BPF_LINK_CREATE, &attributes) < 0)
		stop("XDP cannot be attached");
}

/* ── sending ─ */

/* Ends the system call that sends when all is sent. */
struct watch {
	int states;
	pthread_t sender;
};

static void *watch_sender(void *context)
{
	const struct watch *watch = context;
	struct state state;

	do {
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY }, NULL);
		map_use(BPF_MAP_LOOKUP_ELEM, watch->states, &state);
	} while (!state.ended);
	pthread_kill(watch->sender, SIGUSR1);
	return NULL;
}

static void interrupted(int number)
{
	(void)number;
}

/* As few system calls as can be: each waits twice for all cores to leave the kernel's dispatcher of XDP programs, some
 * 20 ms on a busy machine, which were a third of all time at 100,000 turns a call. */
static void run(int program, unsigned interface)
{
	static uint8_t frame[64];
	struct xdp_md about = { .data_end = sizeof frame, .ingress_ifindex = interface };
	union bpf_attr attributes = { .test = { .prog_fd = (uint32_t)program,
					  .data_in = (uintptr_t)frame,
					  .data_size_in = sizeof frame,
					  .ctx_in = (uintptr_t)&about,
					  .ctx_size_in = sizeof about,
					  .repeat = UINT32_MAX,
					  .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					  .batch_size = BATCH } };

	if (bpf(BPF_PROG_TEST_RUN, &attributes) != 0 && errno != EINTR)
		stop("frames cannot be sent");
}

static void send_all(int program, unsigned interface, int states, struct state *state)
{
	struct watch watch = { .states = states, .sender = pthread_self() };
	struct sigaction action = { .sa_handler = interrupted };
	pthread_t watching;

	sigaction(SIGUSR1, &action, NULL);
	if (pthread_create(&watching, NULL, watch_sender, &watch) != 0)
		stop("no thread");
	while (!state->ended) {
		run(program, interface);
		map_use(BPF_MAP_LOOKUP_ELEM, states, state);
	}
	pthread_join(watching, NULL);
}

int main(int argc, char **argv)
{
	unsigned interface = argc >= 5 && argc <= 7 ? if_nametoindex(argv[2]) : 0;
	struct state state = { 0 };

	if (interface == 0) {
		fprintf(stderr, "usage: live-frames CAPTURE INTERFACE PACKETS_PER_SECOND PACKETS [ROUNDS]\n");
		return 2;
	}
	int states = map_new(sizeof state), frames = map_new(PACKED);
	uint32_t loaded = load_frames(argv[1], frames, &state.end);
	state.thousands = strtoull(argv[3], NULL, 10) / 1000;
	state.limit = strtoull(argv[4], NULL, 10);
	state.rounds = argc >= 6 ? strtoull(argv[5], NULL, 10) : 0;
	if (loaded == 0 || state.thousands == 0) {
		fprintf(stderr, "live-frames: no frames, or less than 1000 a second\n");
		return 2;
	}
	int program = program_new(states, frames, argc == 7 && strcmp(argv[6], "targets") == 0);
	attach_passing(interface);
	map_use(BPF_MAP_UPDATE_ELEM, states, &state);
	send_all(program, interface, states, &state);
	printf("{\"sent\":%llu,\"seconds\":%.6f,\"frames\":%u,\"rounds\":%llu}\n", (unsigned long long)state.sent,
	    (double)(state.ended - state.begun) / 1e9, loaded, (unsigned long long)state.rounds + 1);
	return 0;
}
