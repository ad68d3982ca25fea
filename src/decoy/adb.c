/*
 * The Android debug bridge (AOSP, "adb protocol": messages of 24 bytes and their data, little-endian): a device that
 * lets anybody in. Commands of its shell are recorded and print nothing; files are not taken.
 */
#include "decoy/session.h"

#include "base/codec.h"

#include <string.h>

#define HEADER 24
#define DATA_MOST 65536
#define VERSION 0x01000000u /* checksums are there */
#define OUR_DATA 4096u
#define STREAMS 8
#define LINE_ROOM 1024

#define MARK(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define A_CNXN MARK('C', 'N', 'X', 'N')
#define A_OPEN MARK('O', 'P', 'E', 'N')
#define A_OKAY MARK('O', 'K', 'A', 'Y')
#define A_CLSE MARK('C', 'L', 'S', 'E')
#define A_WRTE MARK('W', 'R', 'T', 'E')
#define A_AUTH MARK('A', 'U', 'T', 'H')
#define A_STLS MARK('S', 'T', 'L', 'S')

struct adb {
	bool connected;
	struct stream {
		uint32_t theirs; /* 0: free */
		size_t size;
		char line[LINE_ROOM];
	} streams[STREAMS]; /* interactive shells; ours is 1 + the index */
};

struct message {
	uint32_t command, first, second;
	struct text data;
};

static void send(struct session *session, uint32_t command, uint32_t first, uint32_t second, struct text data)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < data.size; i++)
		sum += (uint8_t)data.at[i];
	put_u32(&session->answer, command);
	put_u32(&session->answer, first);
	put_u32(&session->answer, second);
	put_u32(&session->answer, (uint32_t)data.size);
	put_u32(&session->answer, sum);
	put_u32(&session->answer, command ^ 0xffffffff);
	session_answer(session, data);
}

static void record(struct session *session, struct text command)
{
	if (text_trim(command).size)
		session_fact(session, FACT_COMMAND, command);
}

/* ── streams ─ */

static struct stream *stream_of(struct adb *adb, uint32_t ours, uint32_t theirs)
{
	if (ours == 0 || ours > STREAMS || !theirs || adb->streams[ours - 1].theirs != theirs)
		return NULL;
	return &adb->streams[ours - 1];
}

static void open_shell(struct session *session, struct adb *adb, uint32_t theirs)
{
	for (uint32_t i = 0; i < STREAMS; i++)
		if (!adb->streams[i].theirs) {
			adb->streams[i] = (struct stream){ .theirs = theirs };
			send(session, A_OKAY, i + 1, theirs, TEXT_NONE);
			send(session, A_WRTE, i + 1, theirs, TEXT("$ "));
			return;
		}
	send(session, A_CLSE, 0, theirs, TEXT_NONE);
}

static void take_open(struct session *session, struct adb *adb, const struct message *message)
{
	static const struct text shell = { "shell:", 6 }, run = { "exec:", 5 };
	struct text service = message->data;
	while (service.size && service.at[service.size - 1] == '\0')
		service.size--;
	if (text_starts(service, shell) && service.size == shell.size) {
		open_shell(session, adb, message->first);
	} else if (text_starts(service, shell) || text_starts(service, run)) {
		size_t skipped = text_starts(service, shell) ? shell.size : run.size;
		record(session, (struct text){ service.at + skipped, service.size - skipped });
		send(session, A_OKAY, STREAMS + 1, message->first, TEXT_NONE);
		send(session, A_CLSE, STREAMS + 1, message->first, TEXT_NONE);
	} else {
		record(session, service); /* "sync:", "tcp:…", "reboot:": what was asked for */
		send(session, A_CLSE, 0, message->first, TEXT_NONE);
	}
}

/* Whether a line was ended. */
static bool take_typed(struct session *session, struct stream *stream, struct text data)
{
	bool ended = false;
	for (size_t i = 0; i < data.size; i++) {
		bool ends = data.at[i] == '\n' || data.at[i] == '\r';
		if (ends || stream->size == sizeof stream->line) {
			record(session, (struct text){ stream->line, stream->size });
			stream->size = 0;
		}
		if (!ends)
			stream->line[stream->size++] = data.at[i];
		ended |= ends;
	}
	return ended;
}

static void take_write(struct session *session, struct adb *adb, const struct message *message)
{
	struct stream *stream = stream_of(adb, message->second, message->first);
	if (!stream) {
		send(session, A_CLSE, 0, message->first, TEXT_NONE);
		return;
	}
	bool line = take_typed(session, stream, message->data);
	send(session, A_OKAY, message->second, message->first, TEXT_NONE);
	if (line)
		send(session, A_WRTE, message->second, message->first, TEXT("\r\n$ "));
}

static void take_close(struct adb *adb, const struct message *message)
{
	struct stream *stream = stream_of(adb, message->second, message->first);
	if (stream)
		*stream = (struct stream){ 0 };
}

/* ── messages ─ */

static void take_message(struct session *session, const struct message *message)
{
	struct adb *adb = session->state;
	if (message->command == A_CNXN) {
		adb->connected = true;
		session_fact(session, FACT_CLIENT, message->data);
		send(session, A_CNXN, VERSION, OUR_DATA, TEXT("device::"));
	} else if (!adb->connected || message->command == A_AUTH || message->command == A_STLS) {
		session->end = SESSION_BROKEN;
	} else if (message->command == A_OPEN) {
		take_open(session, adb, message);
	} else if (message->command == A_WRTE) {
		take_write(session, adb, message);
	} else if (message->command == A_CLSE) {
		take_close(adb, message);
	} else if (message->command != A_OKAY) {
		session->end = SESSION_BROKEN;
	}
}

static size_t adb_step(struct session *session, struct text input)
{
	if (input.size < HEADER)
		return 0;
	struct reader from = reader_of(input.at, input.size);
	struct message message = { .command = get_u32(&from), .first = get_u32(&from), .second = get_u32(&from) };
	uint32_t size = get_u32(&from);
	get_u32(&from); /* the sum: newer ones leave it 0 */
	if ((get_u32(&from) ^ message.command) != 0xffffffff || size > DATA_MOST) {
		session_payload(session, input);
		session->end = SESSION_BROKEN;
		return input.size;
	}
	if (input.size - HEADER < size)
		return 0;
	message.data = (struct text){ input.at + HEADER, size };
	take_message(session, &message);
	return HEADER + size;
}

/* A line that was not ended. */
static void adb_finish(struct session *session)
{
	struct adb *adb = session->state;
	for (size_t i = 0; i < STREAMS; i++)
		record(session, (struct text){ adb->streams[i].line, adb->streams[i].size });
}

const struct protocol adb_protocol = {
	.name = "adb",
	.state_size = sizeof(struct adb),
	.step = adb_step,
	.finish = adb_finish,
};
