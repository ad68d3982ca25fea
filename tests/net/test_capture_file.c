/*
 * Capture files, made in code: every form gives the same frames; what is broken is told with its place, what is cut is
 * noted, and neither runs out of the bytes.
 */
#include "net/capture_file.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool big; /* byte order of what is written */

static void put16(struct builder *to, unsigned value)
{
	build_char(to, (char)(big ? value >> 8 : value));
	build_char(to, (char)(big ? value : value >> 8));
}

static void put32(struct builder *to, uint32_t value)
{
	put16(to, big ? value >> 16 : value & 0xffff);
	put16(to, big ? value & 0xffff : value >> 16);
}

static void put_packet(struct builder *to, const char *bytes, unsigned padding)
{
	build_text(to, text_of(bytes));
	for (unsigned i = 0; i < padding; i++)
		build_char(to, 0);
}

/* Two frames, at 1.5 s and 2.25 s, the second with 100 bytes on the wire. */
static void make_pcap(struct builder *to, uint32_t magic, bool fine, bool modified)
{
	static const char *const frames[] = { "first", "second one" };
	put32(to, magic);
	put16(to, 2);
	put16(to, 4);
	put32(to, 0);
	put32(to, 0);
	put32(to, 65535);
	put32(to, 101);
	for (int i = 0; i < 2; i++) {
		uint32_t size = (uint32_t)strlen(frames[i]);
		put32(to, i ? 2 : 1);
		put32(to, (i ? 250000u : 500000u) * (fine ? 1000 : 1));
		put32(to, size);
		put32(to, i ? 100 : size);
		if (modified) {
			put32(to, 3);
			put32(to, 0);
		}
		put_packet(to, frames[i], 0);
	}
}

static size_t block(struct builder *to, uint32_t type, uint32_t size)
{
	put32(to, type);
	put32(to, size);
	return to->size;
}

static void make_section(struct builder *to)
{
	block(to, 0x0a0d0d0a, 28);
	put32(to, 0x1a2b3c4d);
	put16(to, 1);
	put16(to, 0);
	put32(to, 0xffffffff);
	put32(to, 0xffffffff);
	put32(to, 28);
}

/* An interface of 10^-digits seconds (0: no option, microseconds). */
static void make_interface(struct builder *to, unsigned link, unsigned digits)
{
	block(to, 1, digits ? 32 : 20);
	put16(to, link);
	put16(to, 0);
	put32(to, 0);
	if (digits) {
		put16(to, 9);
		put16(to, 1);
		build_char(to, (char)digits);
		put_packet(to, "", 3);
		put32(to, 0);
	}
	put32(to, digits ? 32 : 20);
}

static void make_enhanced(struct builder *to, uint32_t interface, uint64_t ticks, const char *bytes, uint32_t on_wire)
{
	uint32_t size = (uint32_t)strlen(bytes), padding = (4 - size % 4) % 4, whole = 32 + size + padding;
	block(to, 6, whole);
	put32(to, interface);
	put32(to, (uint32_t)(ticks >> 32));
	put32(to, (uint32_t)ticks);
	put32(to, size);
	put32(to, on_wire);
	put_packet(to, bytes, padding);
	put32(to, whole);
}

static void make_pcapng(struct builder *to)
{
	make_section(to);
	make_interface(to, 1, 0);
	make_interface(to, 101, 9);
	block(to, 5, 12); /* interface statistics: not asked for */
	put32(to, 12);
	make_enhanced(to, 1, 1500000000, "first", 5);
	make_section(to); /* forgets the interfaces */
	make_interface(to, 101, 0);
	make_enhanced(to, 0, 2250000, "second one", 100);
}

static void expect_two(struct builder *made, const char *form)
{
	struct capture_file *file;
	struct failure failure;
	struct frame frames[4];
	size_t count;

	if (capture_file_bytes(made->at, made->size, &file, &failure) != OK)
		fail_msg("%s: %s", form, failure.words);
	if (capture_file_read(file, frames, 4, &count, &failure) != OK || count != 2)
		fail_msg("%s: not two frames", form);
	assert_int_equal(frames[0].size, 5);
	assert_memory_equal(frames[0].bytes, "first", 5);
	assert_int_equal(frames[0].on_wire, 5);
	assert_int_equal(frames[0].link, 101);
	assert_true(frames[0].time == 1500 * MILLISECOND);
	assert_int_equal(frames[1].size, 10);
	assert_int_equal(frames[1].on_wire, 100);
	assert_true(frames[1].time == 2250 * MILLISECOND);
	assert_int_equal(frames[1].number, 2);
	assert_int_equal(capture_file_read(file, frames, 4, &count, &failure), ERROR_END);
	assert_false(capture_file_truncated(file));
	capture_file_close(file);
}

static void test_every_form_gives_the_same_frames(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct builder made = { 0 };
		big = order;
		make_pcap(&made, 0xa1b2c3d4, false, false);
		expect_two(&made, "microseconds");
		builder_clear(&made);
		make_pcap(&made, 0xa1b23c4d, true, false);
		expect_two(&made, "nanoseconds");
		builder_clear(&made);
		make_pcap(&made, 0xa1b2cd34, false, true);
		expect_two(&made, "modified");
		builder_clear(&made);
		make_pcapng(&made);
		expect_two(&made, "pcapng");
		builder_free(&made);
	}
	big = false;
}

/* Reads all there is of an exact copy of the bytes. */
static enum error read_all(const void *at, size_t size, size_t *frames, bool *truncated, struct failure *failure)
{
	struct capture_file *file = NULL;
	uint8_t *copy = malloc(size ? size : 1);
	memcpy(copy, at, size);
	enum error error = capture_file_bytes(copy, size, &file, failure);
	struct frame frame;
	size_t count;

	*frames = 0;
	while (!error && (error = capture_file_read(file, &frame, 1, &count, failure)) == OK)
		*frames += count;
	*truncated = file && capture_file_truncated(file);
	capture_file_close(file);
	free(copy);
	return error;
}

static void test_file_cut_anywhere_gives_what_is_whole(void **state)
{
	(void)state;
	for (int form = 0; form < 2; form++) {
		struct builder made = { 0 };
		size_t frames, before = 0;
		bool truncated;
		struct failure failure;
		form ? make_pcapng(&made) : make_pcap(&made, 0xa1b2c3d4, false, false);
		for (size_t size = form ? 28 : 24; size <= made.size; size++) {
			assert_int_equal(read_all(made.at, size, &frames, &truncated, &failure), ERROR_END);
			assert_true(frames >= before && frames <= 2);
			before = frames;
		}
		assert_int_equal(before, 2);
		assert_false(truncated);
		read_all(made.at, made.size - 1, &frames, &truncated, &failure);
		assert_true(truncated && frames == 1);
		builder_free(&made);
	}
}

static void expect_refused(struct builder *made, const char *words)
{
	size_t frames;
	bool truncated;
	struct failure failure = { 0 };

	assert_int_equal(read_all(made->at, made->size, &frames, &truncated, &failure), ERROR_INPUT);
	if (!strstr(failure.words, words))
		fail_msg("\"%s\" does not say \"%s\"", failure.words, words);
	builder_clear(made);
}

static void test_broken_files_are_refused_with_their_place(void **state)
{
	(void)state;
	struct builder made = { 0 };

	build_text(&made, TEXT("this is a text"));
	expect_refused(&made, "neither pcap nor pcapng");
	expect_refused(&made, "neither pcap nor pcapng"); /* an empty file */
	put32(&made, 0xa1b2c3d4);
	put32(&made, 0);
	expect_refused(&made, "ends too early");
	make_pcap(&made, 0xa1b2c3d4, false, false);
	made.at[24 + 11] = 0x7f; /* the first packet's size */
	expect_refused(&made, "at byte 24: a packet of more than");
	make_section(&made);
	make_enhanced(&made, 0, 0, "none", 4);
	expect_refused(&made, "at byte 28: a packet of an interface that no block describes");
	make_pcapng(&made);
	made.at[28 + 4]++;
	expect_refused(&made, "at byte 28: a block whose length");
	make_pcapng(&made);
	made.at[24] = 32;
	expect_refused(&made, "at byte 0: a block whose two lengths differ");
	make_section(&made);
	block(&made, 3, 0x7ffffffc);
	put32(&made, 0);
	expect_refused(&made, "at byte 28: a block of more than 16 MiB");
	builder_free(&made);
}

/* Through a pipe, and longer than the buffer: frames stay right when it slides. */
static void test_large_file_is_read_through_a_sliding_buffer(void **state)
{
	(void)state;
	FILE *temporary = tmpfile();
	struct builder made = { 0 };
	struct capture_file *file;
	struct failure failure;
	static char body[3001];
	struct frame frames[64];
	size_t count, total = 0;

	memset(body, 'x', 3000);
	make_pcap(&made, 0xa1b2c3d4, false, false);
	fwrite(made.at, 1, 24, temporary);
	for (uint32_t i = 0; i < 2000; i++) {
		builder_clear(&made);
		put32(&made, i);
		put32(&made, 0);
		put32(&made, 3000 - i);
		put32(&made, 3000 - i);
		fwrite(made.at, 1, made.size, temporary);
		fwrite(body, 1, 3000 - i, temporary);
	}
	fflush(temporary);
	rewind(temporary);
	assert_int_equal(capture_file_descriptor(dup(fileno(temporary)), "temporary", &file, &failure), OK);
	while (capture_file_read(file, frames, 64, &count, &failure) == OK)
		for (size_t i = 0; i < count; i++, total++) {
			assert_int_equal(frames[i].size, 3000 - total);
			assert_true(frames[i].time == (nanoseconds)total * SECOND);
			assert_int_equal(frames[i].bytes[frames[i].size - 1], 'x');
		}
	assert_int_equal(total, 2000);
	capture_file_close(file);
	fclose(temporary);
	builder_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form_gives_the_same_frames),
		cmocka_unit_test(test_file_cut_anywhere_gives_what_is_whole),
		cmocka_unit_test(test_broken_files_are_refused_with_their_place),
		cmocka_unit_test(test_large_file_is_read_through_a_sliding_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
