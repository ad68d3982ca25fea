/*
 * What the tests of the agent share: one member, whose agent begins anew for each test with the pattern that the test
 * names. Included by the test programs test_agent*.c, once each.
 */
#ifndef NOROSHI_TESTS_WATCH_AGENT_TEST_H
#define NOROSHI_TESTS_WATCH_AGENT_TEST_H

#include "tests/watch/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct member member;

static inline void lines(const char *name, unsigned from, unsigned to)
{
	log_lines(&member, name, from, to);
}

/* A running agent that has delivered the first lines of `log`. */
static inline void follow_lines(unsigned count)
{
	agent_start(&member);
	lines("log", 0, count);
	agent_run(&member, 1, SECOND);
}

static inline struct agent_counts counts(void)
{
	struct agent_counts now;

	agent_count(member.agent, &now);
	return now;
}

static inline int begin(void **state) /* the pattern is the initial state */
{
	member_begin(&member, *state);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	member_end(&member);
	return 0;
}

#define AGENT_TEST(name, pattern) cmocka_unit_test_prestate_setup_teardown(name, begin, end, pattern)

#endif
