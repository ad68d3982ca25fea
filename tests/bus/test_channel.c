/*
 * Channels: framing over partial reads and writes, limits, back-pressure, and every way in which a peer can end.
 */
#include "bus/channel.h"

#include "base/codec.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	struct loop *loop;
	struct channel *channel, *other;
	int peer; /* the other end as a bare descriptor, when there is no `other` */
	uint64_t messages, bytes, next;
	uint64_t stop_at, pause_at, free_at;
	uint64_t checksum;
	int closed;
	struct failure why;
};

static void on_message(void *context, const struct message *message)
{
	struct scene *scene = context;
	assert_int_equal(message->correlation, scene->next);
	scene->next++;
	scene->messages++;
	scene->bytes += message->body.size;
	scene->checksum = hash_text(message->body, scene->checksum + message->kind);
	if (scene->messages == scene->pause_at)
		channel_pause(scene->channel, true);
	if (scene->messages == scene->free_at) {
		channel_free(scene->channel);
		scene->channel = NULL;
		loop_stop(scene->loop);
	}
	if (scene->messages == scene->stop_at)
		loop_stop(scene->loop);
}

static void on_closed(void *context, const struct failure *failure)
{
	struct scene *scene = context;
	scene->closed++;
	scene->why = *failure;
	loop_stop(scene->loop);
}

static void on_answer(void *context, const struct message *message)
{
	(void)context;
	(void)message;
}

static void ignore_end(void *context, const struct failure *failure)
{
	(void)context;
	(void)failure;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct failure failure;
	int pair[2];
	assert_int_equal(loop_new(&scene->loop, &failure), OK);
	assert_int_equal(channel_pair(pair, &failure), OK);
	assert_int_equal(
	    channel_new(scene->loop, pair[0], on_message, on_closed, scene, &scene->channel, &failure), OK);
	scene->peer = pair[1];
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	channel_free(scene->channel);
	channel_free(scene->other);
	loop_free(scene->loop);
	if (scene->peer >= 0)
		close(scene->peer);
	free(scene);
	return 0;
}

static void make_other(struct scene *scene)
{
	struct failure failure;
	assert_int_equal(
	    channel_new(scene->loop, scene->peer, on_answer, ignore_end, scene, &scene->other, &failure), OK);
	scene->peer = -1;
}

static void stop(void *context)
{
	loop_stop(context);
}

static void run(struct scene *scene)
{
	struct failure failure;
	alarm(150);
	assert_int_equal(loop_run(scene->loop, &failure), OK);
	alarm(0);
}

static void run_for(struct scene *scene, nanoseconds span)
{
	struct watch *watch = loop_timer(scene->loop, span, 0, stop, scene->loop);
	run(scene);
	watch_stop(watch);
}

static void raw_send(struct scene *scene, uint32_t size, uint16_t flags, uint64_t correlation, struct text body)
{
	struct builder frame = { 0 };
	put_u32(&frame, size);
	put_u16(&frame, 7);
	put_u16(&frame, flags);
	put_u64(&frame, correlation);
	put_bytes(&frame, body.at, body.size);
	assert_int_equal(send(scene->peer, frame.at, frame.size, MSG_NOSIGNAL), frame.size);
	builder_free(&frame);
}

static void close_peer(struct scene *scene)
{
	close(scene->peer);
	scene->peer = -1;
}

static void test_channel_gives_messages_whole_and_in_order(void **state)
{
	struct scene *scene = *state;
	make_other(scene);
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096, 65535, 65536, 70000, 1 << 20, 3 << 20, 0, 9 };
	char *body = malloc(3 << 20);
	uint64_t checksum = 0, count = 0;
	for (size_t i = 0; i < 3 << 20; i++)
		body[i] = (char)(i * 31 >> 3);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			struct text text = { body, sizes[i] };
			assert_int_equal(channel_send(scene->other, (uint16_t)i, count++, text), OK);
			checksum = hash_text(text, checksum + i);
		}
	}
	assert_true(channel_waiting(scene->other) > 1 << 20);
	scene->stop_at = count;
	run(scene);
	assert_int_equal(scene->messages, count);
	assert_int_equal(scene->checksum, checksum);
	assert_int_equal(channel_waiting(scene->other), 0);
	free(body);
}

static void test_channel_reads_a_message_that_comes_byte_by_byte(void **state)
{
	struct scene *scene = *state;
	struct builder frame = { 0 };
	put_u32(&frame, 5);
	put_u16(&frame, 1);
	put_u16(&frame, 0);
	put_u64(&frame, 0);
	put_bytes(&frame, "hello", 5);
	for (size_t i = 0; i < frame.size; i++) {
		assert_int_equal(scene->messages, 0);
		assert_int_equal(write(scene->peer, frame.at + i, 1), 1);
		run_for(scene, 0);
	}
	scene->stop_at = 1;
	if (scene->messages == 0)
		run(scene);
	assert_int_equal(scene->bytes, 5);
	builder_free(&frame);
}

static void test_channel_says_that_the_peer_closed_in_order_after_its_last_message(void **state)
{
	struct scene *scene = *state;
	raw_send(scene, 3, 0, 0, TEXT("abc"));
	close_peer(scene);
	run(scene);
	assert_int_equal(scene->messages, 1);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(scene->why.code, ERROR_END);
	assert_int_equal(channel_send(scene->channel, 1, 1, TEXT("x")), ERROR_END);
}

static void test_channel_says_that_the_peer_went_in_the_middle_of_a_message(void **state)
{
	struct scene *scene = *state;
	raw_send(scene, 4, 0, 0, TEXT("abc"));
	close_peer(scene);
	run(scene);
	assert_int_equal(scene->messages, 0);
	assert_int_equal(scene->why.code, ERROR_INPUT);
	assert_non_null(strstr(scene->why.words, "middle"));
}

static void test_channel_ends_when_the_peer_breaks_the_limit_or_the_framing(void **state)
{
	struct scene *scene = *state;
	raw_send(scene, 1, 0, 0, TEXT("a"));
	raw_send(scene, CHANNEL_LARGEST + 1, 0, 1, TEXT("a"));
	raw_send(scene, 1, 0, 1, TEXT("a")); /* what follows is never looked at */
	run(scene);
	assert_int_equal(scene->messages, 1);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(scene->why.code, ERROR_INPUT);
	/* It stays closed, and the peer can tell. */
	run_for(scene, 5 * MILLISECOND);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(send(scene->peer, "x", 1, MSG_NOSIGNAL), -1);
}

static void test_channel_ends_on_unknown_flags(void **state)
{
	struct scene *scene = *state;
	raw_send(scene, 1, 1, 0, TEXT("a"));
	run(scene);
	assert_int_equal(scene->messages, 0);
	assert_int_equal(scene->why.code, ERROR_INPUT);
	assert_non_null(strstr(scene->why.words, "flags"));
}

static void test_channel_queues_up_to_its_limit_and_never_blocks(void **state)
{
	struct scene *scene = *state;
	size_t size = 32 << 20;
	char *body = calloc(1, size);
	uint64_t sent = 0;
	enum error error;
	alarm(150);
	while ((error = channel_send(scene->channel, 1, sent, (struct text){ body, size })) == OK)
		sent++;
	alarm(0);
	assert_int_equal(error, ERROR_LIMIT);
	assert_true(channel_waiting(scene->channel) <= CHANNEL_MOST_WAITING);
	assert_true(channel_waiting(scene->channel) > CHANNEL_MOST_WAITING - 2 * size);
	assert_int_equal(
	    channel_send(scene->channel, 1, 0, (struct text){ body, (size_t)CHANNEL_LARGEST + 1 }), ERROR_LIMIT);
	/* A small one still fits, and all of it arrives once the peer reads. */
	assert_int_equal(channel_send(scene->channel, 1, sent++, TEXT("last")), OK);
	struct scene reader = { .loop = scene->loop, .stop_at = sent };
	struct failure failure;
	assert_int_equal(
	    channel_new(scene->loop, scene->peer, on_message, on_closed, &reader, &reader.channel, &failure), OK);
	scene->peer = -1;
	run(scene);
	assert_int_equal(reader.messages, sent);
	assert_int_equal(reader.bytes, (sent - 1) * size + 4);
	channel_free(reader.channel);
	free(body);
}

static void test_channel_paused_reads_nothing_and_resumes_where_it_was(void **state)
{
	struct scene *scene = *state;
	for (uint64_t i = 0; i < 10; i++)
		raw_send(scene, 1, 0, i, TEXT("a"));
	close_peer(scene);
	scene->pause_at = 4;
	run_for(scene, 10 * MILLISECOND);
	assert_int_equal(scene->messages, 4);
	assert_int_equal(scene->closed, 0);
	scene->pause_at = 0;
	channel_pause(scene->channel, false);
	assert_int_equal(scene->messages, 4); /* never from within the call */
	run(scene);
	assert_int_equal(scene->messages, 10);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(scene->why.code, ERROR_END);
}

static void test_channel_holds_its_peer_back_while_paused(void **state)
{
	struct scene *scene = *state;
	make_other(scene);
	channel_pause(scene->channel, true);
	char body[60000] = { 0 };
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(channel_send(scene->other, 1, i, (struct text){ body, sizeof body }), OK);
	run_for(scene, 10 * MILLISECOND);
	assert_int_equal(scene->messages, 0);
	assert_true(channel_waiting(scene->other) > 50 * sizeof body);
	channel_pause(scene->channel, false);
	scene->stop_at = 100;
	run(scene);
	assert_int_equal(scene->messages, 100);
}

static void test_channel_may_be_freed_from_its_own_callback(void **state)
{
	struct scene *scene = *state;
	for (uint64_t i = 0; i < 10; i++)
		raw_send(scene, 1, 0, i, TEXT("a"));
	scene->free_at = 3;
	run(scene);
	run_for(scene, 5 * MILLISECOND);
	assert_int_equal(scene->messages, 3);
	assert_int_equal(scene->closed, 0);
}

static void test_channel_tells_that_a_killed_peer_did_not_read_everything(void **state)
{
	struct scene *scene = *state;
	char *body = calloc(1, 1 << 20);
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	close_peer(scene); /* the child holds it alone now */
	assert_int_equal(channel_send(scene->channel, 1, 0, (struct text){ body, 1 << 20 }), OK);
	assert_true(channel_waiting(scene->channel) > 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	run(scene);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(scene->why.code, ERROR_SYSTEM);
	assert_int_equal(channel_waiting(scene->channel), 0);
	free(body);
}

static void test_channel_sending_to_a_peer_that_is_gone_ends_without_a_signal(void **state)
{
	struct scene *scene = *state;
	raw_send(scene, 1, 0, 0, TEXT("a"));
	close_peer(scene);
	assert_int_equal(channel_send(scene->channel, 1, 0, TEXT("x")), ERROR_END);
	assert_int_equal(scene->closed, 0);
	run(scene);
	assert_int_equal(scene->messages, 1); /* what it said before is not lost */
	assert_int_equal(scene->closed, 1);
	assert_int_equal(scene->why.code, ERROR_SYSTEM);
}

#define CHANNEL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHANNEL_TEST(test_channel_gives_messages_whole_and_in_order),
		CHANNEL_TEST(test_channel_reads_a_message_that_comes_byte_by_byte),
		CHANNEL_TEST(test_channel_says_that_the_peer_closed_in_order_after_its_last_message),
		CHANNEL_TEST(test_channel_says_that_the_peer_went_in_the_middle_of_a_message),
		CHANNEL_TEST(test_channel_ends_when_the_peer_breaks_the_limit_or_the_framing),
		CHANNEL_TEST(test_channel_ends_on_unknown_flags),
		CHANNEL_TEST(test_channel_queues_up_to_its_limit_and_never_blocks),
		CHANNEL_TEST(test_channel_paused_reads_nothing_and_resumes_where_it_was),
		CHANNEL_TEST(test_channel_holds_its_peer_back_while_paused),
		CHANNEL_TEST(test_channel_may_be_freed_from_its_own_callback),
		CHANNEL_TEST(test_channel_tells_that_a_killed_peer_did_not_read_everything),
		CHANNEL_TEST(test_channel_sending_to_a_peer_that_is_gone_ends_without_a_signal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
