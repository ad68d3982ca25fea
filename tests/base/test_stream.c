/*
 * base/stream.h: lines out of plain, gzip and zstd input, whole, damaged and hostile.
 */
#include "base/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static void gzip_add(struct builder *to, const void *at, size_t size)
{
	z_stream gzip = { 0 };
	size_t room = compressBound(size) + 64;
	unsigned char *out = malloc(room);
	assert_non_null(out);
	assert_int_equal(deflateInit2(&gzip, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	gzip.next_in = (unsigned char *)(uintptr_t)at;
	gzip.avail_in = (unsigned)size;
	gzip.next_out = out;
	gzip.avail_out = (unsigned)room;
	assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
	build_text(to, (struct text){ (char *)out, gzip.total_out });
	deflateEnd(&gzip);
	free(out);
}

static void zstd_add(struct builder *to, const void *at, size_t size)
{
	size_t room = ZSTD_compressBound(size);
	char *out = malloc(room);
	assert_non_null(out);
	size_t made = ZSTD_compress(out, room, at, size, 3);
	assert_false(ZSTD_isError(made));
	build_text(to, (struct text){ out, made });
	free(out);
}

static void add(struct builder *to, int kind, const void *at, size_t size)
{
	if (kind == 0)
		build_text(to, (struct text){ at, size });
	else if (kind == 1)
		gzip_add(to, at, size);
	else
		zstd_add(to, at, size);
}

/* The same content as memory (way 0) and as a file (way 1). */
static struct stream *open_either(struct text content, int way)
{
	struct stream *stream = NULL;
	struct failure failure = { 0 };
	if (way == 0) {
		assert_int_equal(stream_open_memory("memory", content.at, content.size, &stream, &failure), OK);
		return stream;
	}
	char path[] = "/tmp/noroshi-stream-XXXXXX";
	int descriptor = mkstemp(path);
	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, content.at, content.size), content.size);
	close(descriptor);
	assert_int_equal(stream_open(path, &stream, &failure), OK);
	assert_int_equal(stream_total_bytes(stream), content.size);
	unlink(path);
	return stream;
}

static void test_lines_are_cut_the_same_from_every_kind_of_input(void **state)
{
	(void)state;
	static const char content[] = "first\r\n\n  third \nwith\rcarriage\0and zero\nlast\r";
	for (int kind = 0; kind < 3; kind++)
		for (int way = 0; way < 2; way++) {
			struct builder packed = { 0 };
			struct line line;
			add(&packed, kind, content, sizeof content - 1);
			struct stream *stream = open_either((struct text){ packed.at, packed.size }, way);
			const struct text expected[] = { TEXT("first"), TEXT(""), TEXT("  third "),
				TEXT("with\rcarriage\0and zero"), TEXT("last\r") };
			const uint64_t offsets[] = { 0, 7, 8, 17, 40 };
			for (size_t i = 0; i < 5; i++) {
				assert_int_equal(stream_line(stream, 100, &line, NULL), OK);
				assert_true(text_equal(line.text, expected[i]));
				assert_int_equal(line.number, i + 1);
				assert_int_equal(line.offset, offsets[i]);
				assert_int_equal(line.unterminated, i == 4);
				assert_false(line.cut);
			}
			assert_int_equal(stream_line(stream, 100, &line, NULL), ERROR_END);
			assert_int_equal(stream_line(stream, 100, &line, NULL), ERROR_END);
			assert_int_equal(stream_read_bytes(stream), packed.size);
			stream_close(stream);
			builder_free(&packed);
		}
}

static void test_empty_input_has_no_line(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++)
		for (int way = 0; way < 2; way++) {
			struct builder packed = { 0 };
			struct line line;
			char byte;
			size_t got = 7;
			add(&packed, kind, "", 0);
			struct stream *stream = open_either((struct text){ packed.at, packed.size }, way);
			assert_int_equal(stream_line(stream, 100, &line, NULL), ERROR_END);
			assert_int_equal(stream_read(stream, &byte, 1, &got, NULL), OK);
			assert_int_equal(got, 0);
			stream_close(stream);
			builder_free(&packed);
		}
	struct stream *stream;
	struct line line;
	assert_int_equal(stream_open_memory("nothing", NULL, 0, &stream, NULL), OK);
	assert_int_equal(stream_line(stream, 100, &line, NULL), ERROR_END);
	stream_close(stream);
}

static void test_every_line_arrives_once_across_buffers_members_and_frames(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++)
		for (int way = 0; way < 2; way++) {
			struct builder packed = { 0 }, part = { 0 };
			uint64_t offset = 0;
			struct line line;
			srand(5);
			for (int i = 0; i < 30000; i++) { /* about 6 MB */
				build_format(&part, "%d %0*d\n", i, rand() % 400, i);
				if (i % 10000 == 9999) {
					add(&packed, kind, part.at, part.size);
					builder_clear(&part);
				}
			}
			struct stream *stream = open_either((struct text){ packed.at, packed.size }, way);
			srand(5);
			for (int i = 0; i < 30000; i++) {
				builder_clear(&part);
				build_format(&part, "%d %0*d", i, rand() % 400, i);
				assert_int_equal(stream_line(stream, 1000, &line, NULL), OK);
				assert_true(text_equal(line.text, (struct text){ part.at, part.size }));
				assert_int_equal(line.offset, offset);
				offset += part.size + 1;
			}
			assert_int_equal(stream_line(stream, 1000, &line, NULL), ERROR_END);
			stream_close(stream);
			builder_free(&packed);
			builder_free(&part);
		}
}

static void test_a_line_of_the_longest_size_is_whole_and_a_longer_one_is_cut(void **state)
{
	(void)state;
	static const char content[] = "12345\n12345\r\n123456\n1234567\r\n123456789012345\nx\n1234567";
	for (int kind = 0; kind < 3; kind++)
		for (int way = 0; way < 2; way++) {
			struct builder packed = { 0 };
			struct line line;
			add(&packed, kind, content, sizeof content - 1);
			struct stream *stream = open_either((struct text){ packed.at, packed.size }, way);
			const char *const expected[] = { "12345", "12345", "12345", "12345", "12345", "x", "12345" };
			for (size_t i = 0; i < 7; i++) {
				assert_int_equal(stream_line(stream, 5, &line, NULL), OK);
				assert_true(text_equal(line.text, text_of(expected[i])));
				assert_int_equal(line.cut, i == 2 || i == 3 || i == 4 || i == 6);
				assert_int_equal(line.number, i + 1);
			}
			assert_true(line.unterminated);
			assert_int_equal(line.offset, sizeof content - 1 - 7);
			assert_int_equal(stream_line(stream, 5, &line, NULL), ERROR_END);
			stream_close(stream);
			builder_free(&packed);
		}
}

static size_t memory_in_use(void)
{
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

static void test_a_line_of_100_megabytes_is_skipped_in_bounded_memory(void **state)
{
	(void)state;
	size_t huge = (size_t)100 << 20;
	char *content = malloc(huge + 16);
	assert_non_null(content);
	memset(content, 'a', huge);
	memcpy(content, "before\n", 7);
	memcpy(content + huge, "\nafter\n", 7);
	for (int kind = 1; kind < 3; kind++) {
		struct builder packed = { 0 };
		struct line line;
		add(&packed, kind, content, huge + 7);
		struct stream *stream = open_either((struct text){ packed.at, packed.size }, 1);
		size_t before = memory_in_use();
		assert_int_equal(stream_line(stream, 1 << 20, &line, NULL), OK);
		assert_int_equal(stream_line(stream, 1 << 20, &line, NULL), OK);
		assert_true(line.cut && line.text.size == 1 << 20 && line.text.at[0] == 'a' &&
			    line.text.at[(1 << 20) - 1] == 'a');
		if (memory_in_use()) /* AddressSanitizer's malloc counts none */
			assert_true(
			    memory_in_use() - before < (size_t)12 << 20); /* the window, and zstd's own of 8 MiB */
		assert_int_equal(stream_line(stream, 1 << 20, &line, NULL), OK);
		assert_true(text_equal(line.text, TEXT("after")));
		assert_int_equal(line.offset, huge + 1);
		assert_int_equal(line.number, 3);
		stream_close(stream);
		builder_free(&packed);
	}
	free(content);
}

static void test_truncated_input_gives_whole_lines_then_one_error(void **state)
{
	(void)state;
	struct builder content = { 0 };
	srand(3);
	for (int i = 0; i < 50000; i++)
		build_format(&content, "%d %d %d\n", i, rand(), rand());
	for (int kind = 1; kind < 3; kind++) {
		struct builder packed = { 0 };
		add(&packed, kind, content.at, content.size);
		for (int way = 0; way < 2; way++) {
			struct stream *stream = open_either((struct text){ packed.at, packed.size * 2 / 3 }, way);
			struct failure failure = { 0 };
			struct line line;
			uint64_t lines = 0;
			enum error error;
			size_t at = 0;
			while ((error = stream_line(stream, 1000, &line, &failure)) == OK) {
				assert_memory_equal(line.text.at, content.at + at, line.text.size);
				at += line.text.size + 1;
				assert_int_equal(content.at[at - 1], '\n');
				lines++;
			}
			assert_true(lines > 10000 && lines < 50000);
			assert_int_equal(error, ERROR_INPUT);
			assert_non_null(strstr(failure.words, "ends in the middle, at byte"));
			assert_int_equal(stream_line(stream, 1000, &line, &failure), ERROR_END);
			stream_close(stream);
		}
		builder_free(&packed);
	}
	builder_free(&content);
}

static void test_damage_and_trailing_garbage_are_told_once(void **state)
{
	(void)state;
	for (int kind = 1; kind < 3; kind++)
		for (int way = 0; way < 2; way++) {
			struct builder packed = { 0 };
			struct failure failure = { 0 };
			struct line line;
			add(&packed, kind, "one\ntwo\n", 8);
			build_text(&packed, TEXT("garbage behind it"));
			struct stream *stream = open_either((struct text){ packed.at, packed.size }, way);
			assert_int_equal(stream_line(stream, 100, &line, &failure), OK);
			assert_int_equal(stream_line(stream, 100, &line, &failure), OK);
			assert_true(text_equal(line.text, TEXT("two")));
			assert_int_equal(stream_line(stream, 100, &line, &failure), ERROR_INPUT);
			assert_int_equal(stream_line(stream, 100, &line, &failure), ERROR_END);
			stream_close(stream);
			builder_clear(&packed);
			add(&packed, kind, "one\ntwo\n", 8);
			packed.at[packed.size - 5] ^= 0x55; /* gzip: its checksum; zstd: its content */
			packed.at[5] ^= (char)(kind == 2 ? 0xff : 0);
			stream = open_either((struct text){ packed.at, packed.size }, way);
			enum error error;
			while ((error = stream_line(stream, 100, &line, &failure)) == OK)
				;
			assert_int_equal(error, ERROR_INPUT);
			stream_close(stream);
			builder_free(&packed);
		}
}

static void test_zeros_behind_gzip_are_padding(void **state)
{
	(void)state;
	struct builder packed = { 0 };
	struct line line;
	gzip_add(&packed, "one\n", 4);
	build_text(&packed, (struct text){ (char[512]){ 0 }, 512 });
	struct stream *stream = open_either((struct text){ packed.at, packed.size }, 0);
	assert_int_equal(stream_line(stream, 100, &line, NULL), OK);
	assert_int_equal(stream_line(stream, 100, &line, NULL), ERROR_END);
	stream_close(stream);
	builder_free(&packed);
}

static void test_a_decompression_bomb_ends_at_the_limit(void **state)
{
	(void)state;
	size_t size = (size_t)32 << 20;
	char *content = malloc(size);
	assert_non_null(content);
	memset(content, '\n', size);
	for (int kind = 1; kind < 3; kind++) {
		struct builder packed = { 0 };
		struct failure failure = { 0 };
		struct line line;
		uint64_t lines = 0;
		enum error error;
		add(&packed, kind, content, size);
		struct stream *stream = open_either((struct text){ packed.at, packed.size }, 0);
		stream_limit(stream, 1000000);
		while ((error = stream_line(stream, 100, &line, &failure)) == OK)
			lines++;
		assert_int_equal(error, ERROR_LIMIT);
		assert_int_equal(lines, 1000000);
		assert_int_equal(stream_line(stream, 100, &line, &failure), ERROR_END);
		stream_close(stream);
		stream = open_either((struct text){ packed.at, packed.size }, 0);
		stream_limit(stream, size); /* exactly as much as there is */
		char buffer[65536];
		size_t got, sum = 0;
		while (stream_read(stream, buffer, sizeof buffer, &got, &failure) == OK && got)
			sum += got;
		assert_int_equal(sum, size);
		assert_int_equal(stream_line(stream, 100, &line, &failure), ERROR_END);
		stream_close(stream);
		builder_free(&packed);
	}
	free(content);
}

static void test_peek_consumes_nothing(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++)
		for (int way = 0; way < 2; way++) {
			struct builder packed = { 0 };
			struct text text;
			struct line line;
			char bytes[8];
			size_t got;
			add(&packed, kind, "one\ntwo\nthree", 13);
			struct stream *stream = open_either((struct text){ packed.at, packed.size }, way);
			assert_int_equal(stream_peek(stream, 5, &text, NULL), OK);
			assert_true(text_equal(text, TEXT("one\nt")));
			assert_int_equal(stream_peek(stream, 50000, &text, NULL), OK);
			assert_int_equal(text.size, 13);
			assert_int_equal(stream_line(stream, 100, &line, NULL), OK);
			assert_true(text_equal(line.text, TEXT("one")));
			assert_int_equal(stream_read(stream, bytes, 2, &got, NULL), OK);
			assert_int_equal(got, 2);
			assert_memory_equal(bytes, "tw", 2);
			assert_int_equal(stream_line(stream, 100, &line, NULL), OK);
			assert_int_equal(line.offset, 6);
			assert_int_equal(stream_line(stream, 100, &line, NULL), OK);
			assert_true(text_equal(line.text, TEXT("three")));
			stream_close(stream);
			builder_free(&packed);
		}
}

static void test_what_cannot_be_opened_is_named(void **state)
{
	(void)state;
	struct stream *stream;
	struct failure failure = { 0 };
	assert_int_equal(stream_open("/nonexistent/file", &stream, &failure), ERROR_SYSTEM);
	assert_non_null(strstr(failure.words, "/nonexistent/file"));
	assert_int_equal(stream_open("/tmp", &stream, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "folder"));
}

/* Standard input is a pipe whose writer pauses in the middle of the compression's first bytes and of a line. */
static void test_standard_input_is_read_as_it_comes(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct builder packed = { 0 };
		struct stream *stream;
		struct line line;
		int ends[2], kept = dup(STDIN_FILENO);
		add(&packed, kind, "one\ntwo\nthree\n", 14);
		assert_int_equal(pipe(ends), 0);
		pid_t writer = fork();
		assert_true(writer >= 0);
		if (writer == 0) {
			for (size_t i = 0; i < packed.size; i++) {
				if (write(ends[1], packed.at + i, 1) != 1)
					_exit(1);
				if (i < 6)
					usleep(2000);
			}
			_exit(0);
		}
		close(ends[1]);
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK); /* as somebody before us may have left it */
		assert_int_equal(stream_open("-", &stream, NULL), OK);
		assert_string_equal(stream_name(stream), "standard input");
		assert_int_equal(stream_total_bytes(stream), 0);
		const char *const expected[] = { "one", "two", "three" };
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(stream_line(stream, 100, &line, NULL), OK);
			assert_true(text_equal(line.text, text_of(expected[i])));
		}
		assert_int_equal(stream_line(stream, 100, &line, NULL), ERROR_END);
		assert_int_equal(stream_read_bytes(stream), packed.size);
		stream_close(stream);
		dup2(kept, STDIN_FILENO);
		close(kept);
		int status;
		assert_int_equal(waitpid(writer, &status, 0), writer);
		assert_int_equal(status, 0);
		builder_free(&packed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_cut_the_same_from_every_kind_of_input),
		cmocka_unit_test(test_empty_input_has_no_line),
		cmocka_unit_test(test_every_line_arrives_once_across_buffers_members_and_frames),
		cmocka_unit_test(test_a_line_of_the_longest_size_is_whole_and_a_longer_one_is_cut),
		cmocka_unit_test(test_a_line_of_100_megabytes_is_skipped_in_bounded_memory),
		cmocka_unit_test(test_truncated_input_gives_whole_lines_then_one_error),
		cmocka_unit_test(test_damage_and_trailing_garbage_are_told_once),
		cmocka_unit_test(test_zeros_behind_gzip_are_padding),
		cmocka_unit_test(test_a_decompression_bomb_ends_at_the_limit),
		cmocka_unit_test(test_peek_consumes_nothing),
		cmocka_unit_test(test_what_cannot_be_opened_is_named),
		cmocka_unit_test(test_standard_input_is_read_as_it_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
