/*
 * Random lives of a member's logs: appends, rotations by renaming and by copying, compression, deletion, restarts and
 * crashes of the agent, a centre that is away or loses answers. At the end what arrived equals what was written, byte
 * for byte.
 *
 * NOROSHI_LONG=1 tries many more; NOROSHI_SEED=N tries one.
 */
#include "tests/watch/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct member member;
static uint64_t dice_state;
static unsigned line_number;

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice_state >> 33) % sides;
}

static struct generation *there(const char *name)
{
	for (size_t i = 0; i < member.generation_count; i++)
		if (strcmp(member.generations[i].name, name) == 0)
			return &member.generations[i];
	return NULL;
}

static void append_some(const char *name)
{
	unsigned count = dice(20) == 0 ? 1500 : 1 + dice(8);
	char line[256];

	for (unsigned i = 0; i < count; i++) {
		int size =
		    snprintf(line, sizeof line, "{\"event\":%u,\"fill\":\"%.*s\"}\n", line_number++, (int)dice(120),
			".............................................................................................."
			"..........................");
		if (dice(30) == 0) { /* a line written in two parts */
			int part = 1 + (int)dice((unsigned)size - 1);
			log_append_bytes(&member, name, line, (size_t)part);
			if (member.agent && dice(2))
				agent_run(&member, 1, MILLISECOND);
			log_append_bytes(&member, name, line + part, (size_t)(size - part));
		} else {
			log_append_bytes(&member, name, line, (size_t)size);
		}
	}
}

static char *numbered(const char *name, unsigned number, const char *end, char to[static 64])
{
	snprintf(to, 64, "%s.%u%s", name, number, end);
	return to;
}

/* log.3(.gz) is deleted, log.2 becomes log.3, log.1 log.2; then log is renamed or copied and truncated. */
static void rotate(const char *name, bool copy)
{
	char from[64], to[64];

	for (unsigned number = 3; number >= 1; number--)
		for (int compressed = 0; compressed < 2; compressed++) {
			const char *end = compressed ? ".gz" : "";
			if (!there(numbered(name, number, end, from)))
				continue;
			if (number == 3)
				log_delete(&member, from);
			else
				log_rename(&member, from, numbered(name, number + 1, end, to));
		}
	if (!there(name))
		return;
	if (copy)
		log_copy_truncate(&member, name, numbered(name, 1, "", to));
	else
		log_rename(&member, name, numbered(name, 1, "", to));
}

static void one_step(const char *name, bool copy)
{
	char old[64];
	unsigned what = dice(14);

	if (getenv("NOROSHI_SEED"))
		print_message(
		    "# %s: step %u, agent %s, mood %d\n", name, what, member.agent ? "up" : "down", member.mood);
	switch (what) {
	case 0:
	case 1:
	case 2:
	case 3:
		append_some(name);
		break;
	case 4:
	case 5:
	case 6:
		if (member.agent)
			agent_run(&member, 1 + dice(2), (nanoseconds)dice(4000) * MILLISECOND);
		break;
	case 7: /* what is deleted by this rotation was looked at before, by an agent that runs: anything else nobody
		   can know */
		if (!member.agent)
			agent_start(&member);
		agent_run(&member, 1, dice(2) ? SECOND : MINUTE);
		rotate(name, copy);
		if (dice(2))
			agent_run(&member, 1, SECOND);
		break;
	case 8:
		numbered(name, 1 + dice(3), "", old);
		if (there(old) && there(old)->size > 0)
			log_compress(&member, old);
		break;
	case 9:
		if (member.agent)
			agent_stop(&member);
		else
			agent_start(&member);
		break;
	case 10:
		if (member.agent)
			agent_crash(&member);
		break;
	case 11:
		member.mood = CENTRE_AWAY;
		break;
	case 12:
		member.mood = CENTRE_LOSES_ANSWER;
		break;
	default:
		member.mood = CENTRE_FINE;
		break;
	}
}

static void live(uint64_t seed, unsigned steps)
{
	const char *names[] = { "log-a", "log-b" };
	bool copy[2];

	dice_state = seed * 0x9e3779b97f4a7c15u + 1;
	dice(2);
	line_number = (unsigned)seed * 100000;
	member_begin(&member, "log*");
	copy[0] = dice(2);
	copy[1] = dice(2);
	for (unsigned i = 0; i < steps; i++) {
		unsigned which = dice(2);
		one_step(names[which], copy[which]);
	}
	member.mood = CENTRE_FINE;
	if (!member.agent)
		agent_start(&member);
	agent_run(&member, 12, MINUTE);
	agent_run(&member, 3, 20 * MINUTE);
	print_message("# seed %llu: %zu files, %zu arrived, %u batches came again\n", (unsigned long long)seed,
	    member.generation_count, member.received_count, member.overlaps);
	assert_all_received(&member);
	member_end(&member);
}

static void test_agent_ships_every_byte_once_whatever_happens(void **state)
{
	const char *only = getenv("NOROSHI_SEED"), *longer = getenv("NOROSHI_LONG");
	unsigned lives = longer ? 2000 : 60;

	(void)state;
	if (only) {
		live(strtoull(only, NULL, 10), 120);
		return;
	}
	for (unsigned seed = 1; seed <= lives; seed++)
		live(seed, 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_agent_ships_every_byte_once_whatever_happens) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
