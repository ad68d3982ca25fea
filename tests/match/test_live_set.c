/*
 * Replacing a set while threads read it: what a reader entered stays whole until it leaves, every replaced set is freed
 * once, and none that is in use. Built with the thread sanitizer wherever no other sanitizer is asked for.
 */
#include "match/live_set.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { READERS = 3, WORDS = 500, REPLACEMENTS = 300 };

struct words { /* every word says which set it is of */
	uint64_t at[WORDS];
};

static _Atomic unsigned released;

static void release(void *set)
{
	struct words *words = set;
	memset(words, 0xff, sizeof *words);
	free(words);
	atomic_fetch_add(&released, 1);
}

static struct words *make(uint64_t generation)
{
	struct words *words = malloc(sizeof *words);
	assert_non_null(words);
	for (int i = 0; i < WORDS; i++)
		words->at[i] = generation;
	return words;
}

struct scene {
	struct live_set *live;
	_Atomic bool stop;
	_Atomic unsigned next_reader, begun;
	_Atomic uint64_t seen[READERS], mixed, backward;
};

static void *read_on(void *context)
{
	struct scene *scene = context;
	unsigned reader = atomic_fetch_add(&scene->next_reader, 1);
	uint64_t last = 0;
	atomic_fetch_add(&scene->begun, 1);
	while (!atomic_load(&scene->stop)) {
		const struct words *words = live_set_enter(scene->live, reader);
		for (int i = 1; i < WORDS; i++)
			if (words->at[i] != words->at[0])
				atomic_fetch_add(&scene->mixed, 1);
		if (words->at[0] < last)
			atomic_fetch_add(&scene->backward, 1);
		last = words->at[0];
		live_set_leave(scene->live, reader);
		atomic_fetch_add(&scene->seen[reader], 1);
	}
	return NULL;
}

static void test_readers_see_whole_sets_while_they_are_replaced(void **state)
{
	(void)state;
	static struct scene scene;
	pthread_t threads[READERS];
	scene.live = live_set_new(READERS, release);
	assert_non_null(scene.live);
	atomic_store(&released, 0);
	live_set_replace(scene.live, make(1));
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &scene), 0);
	while (atomic_load(&scene.begun) < READERS)
		;
	for (uint64_t generation = 2; generation <= REPLACEMENTS; generation++) {
		live_set_replace(scene.live, make(generation));
		assert_int_equal(atomic_load(&released), generation - 1);
	}
	/* each reader has read since */
	for (int i = 0; i < READERS; i++)
		for (uint64_t before = atomic_load(&scene.seen[i]); atomic_load(&scene.seen[i]) < before + 2;)
			;
	atomic_store(&scene.stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&scene.mixed), 0);
	assert_int_equal(atomic_load(&scene.backward), 0);
	live_set_free(scene.live);
	assert_int_equal(atomic_load(&released), REPLACEMENTS);
}

struct replacing {
	struct live_set *live;
	_Atomic bool done;
};

static void *replace(void *context)
{
	struct replacing *replacing = context;
	live_set_replace(replacing->live, make(2));
	atomic_store(&replacing->done, true);
	return NULL;
}

static void test_a_replaced_set_waits_for_its_last_reader(void **state)
{
	(void)state;
	struct replacing replacing = { .live = live_set_new(2, release) };
	pthread_t writer;
	assert_null(live_set_enter(replacing.live, 0));
	live_set_leave(replacing.live, 0);
	live_set_replace(replacing.live, make(1));
	atomic_store(&released, 0);
	const struct words *old = live_set_enter(replacing.live, 0);
	assert_int_equal(pthread_create(&writer, NULL, replace, &replacing), 0);
	const struct words *seen;
	do {
		seen = live_set_enter(replacing.live, 1);
		live_set_leave(replacing.live, 1);
	} while (seen == old);
	for (int i = 0; i < WORDS; i++)
		assert_int_equal(old->at[i], 1);
	assert_int_equal(atomic_load(&released), 0);
	assert_false(atomic_load(&replacing.done));
	live_set_leave(replacing.live, 0);
	pthread_join(writer, NULL);
	assert_int_equal(atomic_load(&released), 1);
	live_set_free(replacing.live);
	assert_int_equal(atomic_load(&released), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers_see_whole_sets_while_they_are_replaced),
		cmocka_unit_test(test_a_replaced_set_waits_for_its_last_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
