/*
 * The event loop: order, timers, signals, and callbacks that stop what still waits in the same round.
 */
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	struct loop *loop;
	struct watch *watches[8];
	int pairs[8][2];
	int calls[8], ticks, rounds, signals;
	nanoseconds start, fired;
};

static struct scene *scene_of(void **state)
{
	return *state;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct failure failure;
	assert_int_equal(loop_new(&scene->loop, &failure), OK);
	for (int i = 0; i < 8; i++)
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, scene->pairs[i]), 0);
	scene->start = time_monotonic();
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	loop_free(scene->loop);
	for (int i = 0; i < 8; i++) {
		close(scene->pairs[i][0]);
		if (scene->pairs[i][1] >= 0)
			close(scene->pairs[i][1]);
	}
	free(scene);
	return 0;
}

static void run(struct scene *scene)
{
	struct failure failure;
	alarm(150); /* a loop that hangs ends the test */
	assert_int_equal(loop_run(scene->loop, &failure), OK);
	alarm(0);
}

static void stop(void *context)
{
	struct scene *scene = context;
	loop_stop(scene->loop);
}

/* ── descriptors ─ */

static void stop_all_but_me(void *context, int descriptor, unsigned ready)
{
	struct scene *scene = context;
	assert_true(ready & LOOP_READ);
	for (int i = 0; i < 8; i++) {
		if (scene->pairs[i][0] == descriptor) {
			scene->calls[i]++;
		} else if (scene->watches[i]) {
			watch_stop(scene->watches[i]);
			scene->watches[i] = NULL;
		}
	}
	loop_stop(scene->loop);
}

static void test_loop_never_calls_a_watch_that_an_earlier_callback_of_the_round_stopped(void **state)
{
	struct scene *scene = scene_of(state);
	for (int i = 0; i < 8; i++) {
		scene->watches[i] = loop_descriptor(scene->loop, scene->pairs[i][0], LOOP_READ, stop_all_but_me, scene);
		assert_non_null(scene->watches[i]);
		assert_int_equal(write(scene->pairs[i][1], "x", 1), 1);
	}
	run(scene);
	int sum = 0;
	for (int i = 0; i < 8; i++)
		sum += scene->calls[i];
	assert_int_equal(sum, 1);
}

static void stop_me_and_watch_again(void *context, int descriptor, unsigned ready)
{
	struct scene *scene = context;
	char byte;
	(void)ready;
	assert_int_equal(read(descriptor, &byte, 1), 1);
	watch_stop(scene->watches[0]);
	scene->watches[0] = loop_descriptor(scene->loop, descriptor, LOOP_READ, stop_me_and_watch_again, scene);
	assert_non_null(scene->watches[0]);
	if (++scene->calls[0] == 3)
		loop_stop(scene->loop);
}

static void test_loop_lets_a_callback_replace_its_own_watch(void **state)
{
	struct scene *scene = scene_of(state);
	scene->watches[0] = loop_descriptor(scene->loop, scene->pairs[0][0], LOOP_READ, stop_me_and_watch_again, scene);
	assert_int_equal(write(scene->pairs[0][1], "abc", 3), 3);
	run(scene);
	assert_int_equal(scene->calls[0], 3);
}

static void note_ready(void *context, int descriptor, unsigned ready)
{
	struct scene *scene = context;
	(void)descriptor;
	scene->calls[0]++;
	scene->calls[1] |= (int)ready;
	if (ready & LOOP_CLOSED)
		loop_stop(scene->loop);
}

static void test_loop_tells_that_the_peer_is_gone_only_to_who_wants_something(void **state)
{
	struct scene *scene = scene_of(state);
	scene->watches[0] = loop_descriptor(scene->loop, scene->pairs[0][0], 0, note_ready, scene);
	close(scene->pairs[0][1]);
	scene->pairs[0][1] = -1;
	loop_timer(scene->loop, 30 * MILLISECOND, 0, stop, scene);
	run(scene);
	assert_int_equal(scene->calls[0], 0);
	watch_want(scene->watches[0], LOOP_READ);
	run(scene);
	assert_int_equal(scene->calls[0], 1);
	assert_true(scene->calls[1] & LOOP_CLOSED);
}

static void test_loop_reports_writing_only_when_wanted(void **state)
{
	struct scene *scene = scene_of(state);
	scene->watches[0] = loop_descriptor(scene->loop, scene->pairs[0][0], LOOP_READ, note_ready, scene);
	loop_timer(scene->loop, 20 * MILLISECOND, 0, stop, scene);
	run(scene);
	assert_int_equal(scene->calls[0], 0);
	watch_want(scene->watches[0], LOOP_READ | LOOP_WRITE);
	loop_timer(scene->loop, 5 * MILLISECOND, 0, stop, scene);
	run(scene);
	assert_true(scene->calls[0] > 0);
	assert_int_equal(scene->calls[1], LOOP_WRITE);
}

static void test_loop_refuses_a_regular_file_and_a_second_watch(void **state)
{
	struct scene *scene = scene_of(state);
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	errno = 0;
	assert_null(loop_descriptor(scene->loop, file, LOOP_READ, note_ready, scene));
	assert_int_equal(errno, EPERM);
	close(file);
	assert_non_null(loop_descriptor(scene->loop, scene->pairs[0][0], LOOP_READ, note_ready, scene));
	assert_null(loop_descriptor(scene->loop, scene->pairs[0][0], LOOP_READ, note_ready, scene));
}

/* ── timers ─ */

static void tick(void *context)
{
	struct scene *scene = context;
	if (++scene->ticks == 4)
		loop_stop(scene->loop);
}

static void test_loop_timer_repeats_and_is_never_early(void **state)
{
	struct scene *scene = scene_of(state);
	loop_timer(scene->loop, 5 * MILLISECOND, 10 * MILLISECOND, tick, scene);
	run(scene);
	assert_int_equal(scene->ticks, 4);
	assert_true(time_monotonic() - scene->start >= 35 * MILLISECOND);
}

static void be_busy(void *context)
{
	struct scene *scene = context;
	if (scene->ticks++ == 0)
		usleep(55000);
}

static void test_loop_timer_leaves_out_the_periods_that_passed_while_busy(void **state)
{
	struct scene *scene = scene_of(state);
	loop_timer(scene->loop, 10 * MILLISECOND, 10 * MILLISECOND, be_busy, scene);
	loop_timer(scene->loop, 75 * MILLISECOND, 0, stop, scene);
	run(scene);
	assert_true(scene->ticks >= 1);
	/* One in the first 65 ms, one for all that passed in them, and one at each multiple of 10 ms behind. */
	assert_true(scene->ticks <= (int)((time_monotonic() - scene->start) / (10 * MILLISECOND)) - 4);
}

struct ordered {
	struct scene *scene;
	struct watch *watch;
	nanoseconds earliest, latest; /* when it is due, by the clock before and after it was started */
};

static void check_order(void *context)
{
	struct ordered *timer = context;
	assert_true(timer->latest >= timer->scene->fired);
	if (timer->scene->fired < timer->earliest)
		timer->scene->fired = timer->earliest;
	timer->scene->ticks++;
	watch_stop(timer->watch);
	timer->watch = NULL;
}

static void test_loop_timers_come_in_the_order_of_their_time_with_others_stopped_between(void **state)
{
	struct scene *scene = scene_of(state);
	enum { TIMERS = 400 };
	struct ordered timers[TIMERS];
	srandom(3);
	for (int i = 0; i < TIMERS; i++) {
		nanoseconds span = random() % 40 * MILLISECOND;
		timers[i].scene = scene;
		timers[i].earliest = time_monotonic() + span;
		timers[i].watch = loop_timer(scene->loop, span, 0, check_order, &timers[i]);
		timers[i].latest = time_monotonic() + span;
		assert_non_null(timers[i].watch);
	}
	for (int i = 0; i < TIMERS; i += 3)
		watch_stop(timers[i].watch);
	loop_timer(scene->loop, 45 * MILLISECOND, 0, stop, scene);
	run(scene);
	assert_int_equal(scene->ticks, TIMERS - (TIMERS + 2) / 3);
}

static void start_again(void *context)
{
	struct scene *scene = context;
	if (++scene->ticks < 1000)
		loop_timer(scene->loop, 0, 0, start_again, scene);
}

static void count_round(void *context)
{
	struct scene *scene = context;
	if (++scene->rounds == 50)
		loop_stop(scene->loop);
}

static void test_loop_round_ends_although_a_timer_starts_itself_again(void **state)
{
	struct scene *scene = scene_of(state);
	loop_after_round(scene->loop, count_round, scene);
	loop_timer(scene->loop, 0, 0, start_again, scene);
	run(scene);
	assert_int_equal(scene->rounds, 50);
	assert_true(scene->ticks >= 40 && scene->ticks <= 50);
}

/* ── signals and rounds ─ */

static void note_signal(void *context, int signal)
{
	struct scene *scene = context;
	scene->signals |= 1 << (signal == SIGUSR1 ? 0 : 1);
	if (scene->signals == 3)
		loop_stop(scene->loop);
}

static void raise_signals(void *context)
{
	(void)context;
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
}

static void test_loop_gives_signals_to_their_watch(void **state)
{
	struct scene *scene = scene_of(state);
	assert_non_null(loop_signal(scene->loop, SIGUSR1, note_signal, scene));
	assert_non_null(loop_signal(scene->loop, SIGUSR2, note_signal, scene));
	assert_null(loop_signal(scene->loop, 4711, note_signal, scene));
	loop_timer(scene->loop, 0, 0, raise_signals, scene);
	run(scene);
	assert_int_equal(scene->signals, 3);
}

static void gather(void *context, int descriptor, unsigned ready)
{
	struct scene *scene = context;
	char byte;
	(void)ready;
	assert_int_equal(read(descriptor, &byte, 1), 1);
	scene->ticks++;
}

static void commit(void *context)
{
	struct scene *scene = context;
	if (scene->ticks == 0)
		return;
	scene->calls[scene->rounds++] = scene->ticks;
	scene->ticks = 0;
	loop_stop(scene->loop);
}

static void test_loop_gathers_a_whole_round_before_its_commit(void **state)
{
	struct scene *scene = scene_of(state);
	for (int i = 0; i < 8; i++) {
		loop_descriptor(scene->loop, scene->pairs[i][0], LOOP_READ, gather, scene);
		assert_int_equal(write(scene->pairs[i][1], "x", 1), 1);
	}
	loop_after_round(scene->loop, commit, scene);
	run(scene);
	assert_int_equal(scene->rounds, 1);
	assert_int_equal(scene->calls[0], 8);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(test_loop_never_calls_a_watch_that_an_earlier_callback_of_the_round_stopped),
		LOOP_TEST(test_loop_lets_a_callback_replace_its_own_watch),
		LOOP_TEST(test_loop_tells_that_the_peer_is_gone_only_to_who_wants_something),
		LOOP_TEST(test_loop_reports_writing_only_when_wanted),
		LOOP_TEST(test_loop_refuses_a_regular_file_and_a_second_watch),
		LOOP_TEST(test_loop_timer_repeats_and_is_never_early),
		LOOP_TEST(test_loop_timer_leaves_out_the_periods_that_passed_while_busy),
		LOOP_TEST(test_loop_timers_come_in_the_order_of_their_time_with_others_stopped_between),
		LOOP_TEST(test_loop_round_ends_although_a_timer_starts_itself_again),
		LOOP_TEST(test_loop_gives_signals_to_their_watch),
		LOOP_TEST(test_loop_gathers_a_whole_round_before_its_commit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
