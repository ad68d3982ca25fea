/*
 * Random lives of a member's logs: appends, rotations by renaming and by copying, compression with gzip and zstd,
 * deletion, swapped and replaced files, restarts, changes of the configuration, kills of the agent at any point of its
 * work, a centre that is away, loses answers or refuses, a full file system of the agent's own. At the end what arrived
 * equals what was written, byte for byte.
 *
 * Every second life is a hard one: files are truncated without a copy or deleted while the agent cannot know, lines are
 * written between copy and truncation, and the spool is too small. Of such a file a beginning must have arrived, and
 * what the agent had seen of the rest must be said to be lost, to the byte.
 *
 * NOROSHI_LONG=1 tries many more; NOROSHI_SEED=N tries one and prints its steps.
 */
#include "tests/watch/member.h"
#include "watch/refused.h"

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
static bool hard, copying[2]; /* of this life */
static const char *const names[2] = { "log-a", "log-b" };

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice_state >> 33) % sides;
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

static void run_some(void)
{
	if (member.agent)
		agent_run(&member, 1 + dice(2), (nanoseconds)dice(4000) * MILLISECOND);
}

/* Whatever the configuration says next time, the same files are followed: in a hard life also those that are rotated
 * before an agent has seen them. */
static void start(void)
{
	const nanoseconds lingers[] = { SECOND, 5 * SECOND, MINUTE };

	if (hard || dice(2)) {
		member_set_pattern(&member, 0, "log*");
		member_set_pattern(&member, 1, "log-b");
	} else {
		member_set_pattern(&member, 0, "log-b");
		member_set_pattern(&member, 1, "log-a");
	}
	member.settings.linger = lingers[dice(3)];
	member.settings.format = dice(2) ? "eve" : NULL;
	agent_start(&member);
}

/* An ordered end on a full file system is one without a last word: that is what a crash is for. */
static void stop(void)
{
	if (member.mounted)
		member_free_state(&member);
	agent_look(&member);
	agent_stop(&member);
}

/* Before something vanishes that has no copy, an agent that runs and has room looked at it: else nobody can know. */
static void look_first(void)
{
	if (hard && dice(2))
		return;
	if (member.mounted)
		member_free_state(&member);
	if (!member.agent)
		start();
	if (member.mood == CENTRE_KILLS || member.mood == CENTRE_KILLS_LATER)
		member.mood = CENTRE_AWAY;
	agent_run(&member, 2, dice(2) ? SECOND : MINUTE); /* the first tells that the centre is away, the next spools */
}

static void delete (const char *name)
{
	generation_at(&member, name)->lossy = hard;
	log_delete(&member, name);
}

/* log.3(.gz) is deleted, log.2 becomes log.3, log.1 log.2. */
static void make_way(const char *name)
{
	static const char *const ends[] = { "", ".gz", ".zst" };
	char from[64], to[64];

	for (unsigned number = 3; number >= 1; number--)
		for (int end = 0; end < 3; end++) {
			if (!generation_at(&member, numbered(name, number, ends[end], from)))
				continue;
			if (number == 3)
				delete (from);
			else
				log_rename(&member, from, numbered(name, number + 1, ends[end], to));
		}
}

static void rotate(const char *name, bool copy)
{
	char to[64];

	look_first();
	make_way(name);
	if (!generation_at(&member, name))
		return;
	numbered(name, 1, "", to);
	if (!copy) {
		log_rename(&member, name, to);
	} else if (hard && member.agent && dice(3) == 0) {
		log_copy(&member, name, to);
		append_some(name); /* these stand in no copy */
		if (dice(2))
			agent_look(&member);
		while (dice(2) && agent_work(member.agent, member.now) == AGENT_MORE && !member.killed)
			;
		log_truncate_copied(&member, name, to);
		agent_run(&member, 1, SECOND);
	} else {
		log_copy_truncate(&member, name, to);
	}
	if (dice(2))
		run_some();
}

static void compress(const char *name)
{
	char old[64];
	const struct generation *generation = generation_at(&member, numbered(name, 1 + dice(3), "", old));

	if (!generation || generation->size == 0)
		return;
	if (dice(2))
		log_compress(&member, old);
	else
		log_compress_zstd(&member, old);
}

static void swap(void)
{
	if (!generation_at(&member, names[0]) || !generation_at(&member, names[1]))
		return;
	log_swap(&member, names[0], names[1]);
	if (!member.agent) /* it was down, and looks before the next rotation: a copy is looked for beside its file */
		start();
	agent_look(&member);
}

static void replace(const char *name)
{
	look_first();
	if (!generation_at(&member, name))
		return;
	if (hard && dice(2))
		log_truncate(&member, name);
	else
		delete (name);
	if (dice(2))
		append_some(name); /* on the same inode, as file systems do */
}

static void change_mood(void)
{
	static const enum centre_mood moods[] = { CENTRE_AWAY, CENTRE_LOSES_ANSWER, CENTRE_REFUSES, CENTRE_KILLS,
		CENTRE_KILLS_LATER, CENTRE_FINE, CENTRE_FINE, CENTRE_FINE };

	member.mood = moods[dice(sizeof moods / sizeof *moods)];
}

static void change_room(void)
{
	if (!member.mounted)
		return;
	if (dice(2))
		member_fill_state(&member, dice(4) * 4096);
	else
		member_free_state(&member);
}

static void one_step(void)
{
	unsigned which = dice(2), what = dice(17);

	if (getenv("NOROSHI_SEED"))
		print_message("# %s: step %u, agent %s, mood %d\n", names[which], what, member.agent ? "up" : "down",
		    member.mood);
	if (what < 4)
		append_some(names[which]);
	else if (what < 7)
		run_some();
	else if (what == 7)
		rotate(names[which], copying[which]);
	else if (what == 8)
		compress(names[which]);
	else if (what == 9 && member.agent)
		stop();
	else if (what == 9)
		start();
	else if (what == 10 && member.agent)
		agent_crash(&member);
	else if (what == 11)
		swap();
	else if (what == 12)
		replace(names[which]);
	else if (what == 13)
		change_room();
	else
		change_mood();
}

/* The centre is there again, the disk has room, somebody looked into what was refused, and time passes. */
static void end_well(void)
{
	struct failure ignored;

	member.mood = CENTRE_FINE;
	if (member.mounted)
		member_free_state(&member);
	if (!member.agent)
		start();
	agent_run(&member, 3, MINUTE);
	refused_ask_again(member.settings.folder, &ignored);
	agent_run(&member, 10, MINUTE);
	agent_run(&member, 3, 20 * MINUTE);
}

static void live(uint64_t seed, unsigned steps)
{
	const uint64_t limits[] = { 0, 2000, 100000 };

	dice_state = seed * 0x9e3779b97f4a7c15u + 1;
	dice(2);
	line_number = (unsigned)seed * 100000;
	hard = seed % 2 == 0;
	member_begin(&member, "log*");
	if (!member_mount_state(&member, 64 << 20) && seed == 1)
		print_message("# not root: no life has a full file system\n");
	if (hard)
		member.settings.spool_limit = limits[dice(3)];
	member.settings.refused_limit = 64 << 20;
	copying[0] = dice(2);
	copying[1] = dice(2);
	for (unsigned i = 0; i < steps; i++)
		one_step();
	end_well();
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
