/*
 * Lines on their way to an agent: what the receiver of syslog took in (received.h), and what a sensor recorded
 * (recorder.h). After the cut every line that was said to be durable is there, once or again, in order and whole; what
 * is written then has lines of its own.
 */
#include "kinds.h"

#include "base/stream.h"
#include "watch/received.h"
#include "watch/recorder.h"

#include <glob.h>
#include <inttypes.h>

#define LINES 12

/* The number on the last whole line; the files' names are in their order. *present has a bit for each that is there:
 * what was not said to be durable when a process ended may be missing, before what another one wrote. */
static uint64_t look(const char *folder, const char *pattern, uint64_t *present)
{
	char all[4400];
	glob_t files;
	uint64_t last = 0;
	*present = 0;
	snprintf(all, sizeof all, "%s/%s", folder, pattern);
	if (glob(all, 0, NULL, &files) != 0)
		return 0;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct stream *stream;
		struct line line;
		FINE(stream_open(files.gl_pathv[i], &stream, &failure));
		while (stream_line(stream, 4096, &line, NULL) == OK) {
			uint64_t number;
			ptrdiff_t at = text_find(line.text, TEXT("\"flow_id\":"));
			struct text rest = { line.text.at + at + 10, line.text.size - (size_t)at - 10 };
			if (at < 0 || !text_ends(line.text, TEXT("}")) || !text_to_u64(text_cut(&rest, '}'), &number))
				continue; /* torn */
			assert_true(number >= last && number < 64);
			last = number;
			*present |= UINT64_C(1) << number;
		}
		stream_close(stream);
	}
	globfree(&files);
	return last;
}

static void assert_kept(const struct marks *marks, const char *words, uint64_t present)
{
	uint64_t number;
	size_t size = strlen(words);
	for (size_t i = 0; i < marks->count; i++) {
		struct text rest = { marks->all[i].at + size, marks->all[i].size - size };
		if (text_starts(marks->all[i], text_of(words)) && text_to_u64(rest, &number))
			assert_true(present >> number & 1);
	}
}

static struct text line_of(uint64_t number, char to[static 2048])
{
	/* of several sizes: some reach into the next sector */
	int size = snprintf(to, 2048, "{\"host\":\"%0*d\",\"event_type\":\"flow\",\"flow_id\":%" PRIu64 "}\n",
	    number % 3 == 1 ? 600 : 20, 0, number);
	return (struct text){ to, (size_t)size };
}

/* ── what the receiver took in ─ */

static enum error receive(struct received *received, uint64_t number, struct failure *failure)
{
	char text[2048];
	struct received_kind *kind = received_kind_of(received, "lan.records.eve", TEXT_NONE);
	assert_non_null(kind);
	received_add(kind, line_of(number, text));
	enum error error = received_write(received, failure);
	return error ? error : received_sync(received, failure);
}

static bool work_received(const char *folder)
{
	struct received *received;
	uint64_t present, number = look(folder, "*.lan.records.eve", &present);
	bool fine = true;
	TRY(received_open(folder, 1u << 30, &received, &failure));
	while (fine && number < LINES) {
		fine = receive(received, ++number, NULL) == OK;
		if (fine)
			mark("received %d", (int)number);
	}
	received_close(received);
	return fine;
}

static void check_received(const char *folder, const struct marks *marks)
{
	struct received *received;
	uint64_t present, last = look(folder, "*.lan.records.eve", &present);
	assert_kept(marks, "received ", present);
	FINE(received_open(folder, 1u << 30, &received, &failure));
	FINE(receive(received, last + 1, &failure));
	received_close(received);
	assert_int_equal(look(folder, "*.lan.records.eve", &present), last + 1);
	assert_kept(marks, "received ", present);
}

const struct powercut_kind kind_received = { "received", work_received, check_received, .faults = 60 };

/* ── what a sensor recorded ─ */

static enum error begin(const char *folder, struct recorder **recorder, struct failure *failure)
{
	static char policy_file[4400];
	snprintf(policy_file, sizeof policy_file, "%s/policy", folder);
	const struct recorder_settings settings = {
		.folder = folder, .policy_file = policy_file, .policy = capture_policy_default, .limit = 1u << 30
	};
	return recorder_new(&settings, recorder, failure);
}

static bool work_recorder(const char *folder)
{
	struct recorder *recorder;
	uint64_t present, number = look(folder, "*.json", &present);
	bool fine = true;
	TRY(begin(folder, &recorder, &failure));
	while (fine && number < LINES) {
		char text[2048];
		fine = recorder_write(recorder, line_of(++number, text), NULL) == OK &&
		       recorder_tend(recorder, NULL) == OK;
		while (fine && recorder_waits(recorder)) /* for room, of which there is some the next time */
			fine = recorder_tend(recorder, NULL) == OK;
		if (fine)
			mark("recorded %d", (int)number);
	}
	recorder_free(recorder);
	return fine;
}

static void check_recorder(const char *folder, const struct marks *marks)
{
	struct recorder *recorder;
	char text[2048];
	uint64_t present, last = look(folder, "*.json", &present);
	assert_kept(marks, "recorded ", present);
	FINE(begin(folder, &recorder, &failure));
	FINE(recorder_write(recorder, line_of(last + 1, text), &failure));
	FINE(recorder_tend(recorder, &failure));
	recorder_free(recorder);
	assert_int_equal(look(folder, "*.json", &present), last + 1);
	assert_kept(marks, "recorded ", present);
}

const struct powercut_kind kind_recorder = { "recorder", work_recorder, check_recorder, .faults = 60 };
