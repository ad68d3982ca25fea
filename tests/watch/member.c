/*
 * A member's folder and a centre's memory; see member.h.
 */
#include "tests/watch/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
	char command[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	assert_int_equal(system(command), 0);
}

static struct received *received_of(struct member *member, struct hash128 epoch)
{
	for (size_t i = 0; i < member->received_count; i++)
		if (member->received[i].epoch.high == epoch.high && member->received[i].epoch.low == epoch.low)
			return &member->received[i];
	assert_true(member->received_count < 1024);
	struct received *received = &member->received[member->received_count++];
	*received = (struct received){ .epoch = epoch };
	return received;
}

static void receive(struct member *member, const struct follow *follow, const struct batch *batch)
{
	struct received *received = received_of(member, follow->epoch);
	size_t size = batch->end - batch->begin;

	snprintf(received->format, sizeof received->format, "%s", follow->format);
	received->preambles += batch->begin > 0 && follow->preamble_size > 0;
	if (batch->begin < received->size) {
		member->overlaps++;
		if (batch->end > received->size || memcmp(received->content + batch->begin, batch->content, size) != 0)
			member->mismatches++;
		return;
	}
	if (batch->begin > received->size) {
		member->mismatches++;
		return;
	}
	received->content = realloc(received->content, received->size + size);
	memcpy(received->content + received->size, batch->content, size);
	received->size += size;
	received->batches++;
}

static enum delivery deliver(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct member *member = context;

	snprintf(answer->words, sizeof answer->words, "the test says so");
	switch (member->mood) {
	case CENTRE_AWAY:
		return LATER;
	case CENTRE_DENIES:
		return DENIED;
	case CENTRE_REFUSES:
		return REFUSED;
	case CENTRE_LOSES_ANSWER:
		receive(member, follow, batch);
		return LATER;
	case CENTRE_FINE:
		break;
	}
	receive(member, follow, batch);
	return DELIVERED;
}

void member_begin(struct member *member, const char *pattern)
{
	static char path[512];

	memset(member, 0, sizeof *member);
	snprintf(member->folder, sizeof member->folder, "/tmp/noroshi-agent-XXXXXX");
	assert_non_null(mkdtemp(member->folder));
	shell("mkdir %s/logs", member->folder);
	snprintf(path, sizeof path, "%s/logs/%s", member->folder, pattern);
	member->patterns[0] = strdup(path);
	snprintf(path, sizeof path, "%s/state", member->folder);
	member->settings = (struct agent_settings){ .patterns = member->patterns,
		.pattern_count = 1,
		.folder = strdup(path),
		.spool_limit = 64 << 20,
		.refused_limit = 1 << 20,
		.linger = 5 * SECOND,
		.settle = 5 * SECOND,
		.give_up = 10 * MINUTE,
		.retry_least = SECOND,
		.retry_most = 8 * SECOND,
		.deliver = deliver,
		.context = member };
	member->now = HOUR;
}

void member_end(struct member *member)
{
	agent_free(member->agent);
	shell("rm -rf %s", member->folder);
	for (size_t i = 0; i < member->generation_count; i++)
		free(member->generations[i].content);
	for (size_t i = 0; i < member->received_count; i++)
		free(member->received[i].content);
	free((char *)member->patterns[0]);
	free((char *)member->settings.folder);
}

void agent_start(struct member *member)
{
	struct failure failure = { 0 };

	if (agent_new(&member->settings, &member->agent, &failure) != OK)
		fail_msg("%s", failure.words);
}

void agent_stop(struct member *member)
{
	agent_free(member->agent);
	member->agent = NULL;
}

/* What an ordered end still writes is taken back. */
void agent_crash(struct member *member)
{
	const char *folder = member->folder;

	shell("cp -a %s/state %s/crash", folder, folder);
	agent_stop(member);
	shell("rm -rf %s/state && mv %s/crash %s/state", folder, folder, folder);
}

void agent_run(struct member *member, unsigned rounds, nanoseconds step)
{
	struct failure failure = { 0 };

	for (unsigned i = 0; i < rounds; i++) {
		if (agent_scan(member->agent, member->now, &failure) != OK)
			fail_msg("%s", failure.words);
		for (unsigned k = 0; k < 1000 && agent_work(member->agent, member->now) == AGENT_MORE; k++)
			;
		member->now += step;
	}
}

static struct generation *generation_at(struct member *member, const char *name)
{
	for (size_t i = 0; i < member->generation_count; i++)
		if (strcmp(member->generations[i].name, name) == 0)
			return &member->generations[i];
	return NULL;
}

static char *log_path(struct member *member, const char *name, char path[static 512])
{
	snprintf(path, 512, "%s/logs/%s", member->folder, name);
	return path;
}

void log_append_bytes(struct member *member, const char *name, const void *at, size_t size)
{
	char path[512];
	struct generation *generation = generation_at(member, name);

	if (!generation) {
		assert_true(member->generation_count < 512);
		generation = &member->generations[member->generation_count++];
		*generation = (struct generation){ 0 };
		snprintf(generation->name, sizeof generation->name, "%s", name);
	}
	int file = open(log_path(member, name, path), O_WRONLY | O_APPEND | O_CREAT, 0644);
	assert_true(file >= 0);
	assert_int_equal(write(file, at, size), (ssize_t)size);
	close(file);
	generation->content = realloc(generation->content, generation->size + size + 1);
	memcpy(generation->content + generation->size, at, size);
	generation->size += size;
}

void log_append(struct member *member, const char *name, const char *text)
{
	log_append_bytes(member, name, text, strlen(text));
}

void log_rename(struct member *member, const char *from, const char *to)
{
	char path[512], target[512];
	struct generation *generation = generation_at(member, from), *over = generation_at(member, to);

	assert_int_equal(rename(log_path(member, from, path), log_path(member, to, target)), 0);
	if (over)
		over->name[0] = 0;
	snprintf(generation->name, sizeof generation->name, "%s", to);
}

void log_copy_truncate(struct member *member, const char *name, const char *copy)
{
	char path[512], target[512];
	struct generation *generation = generation_at(member, name);

	log_path(member, name, path);
	shell("cp %s %s", path, log_path(member, copy, target));
	assert_int_equal(truncate(path, 0), 0);
	snprintf(generation->name, sizeof generation->name, "%s", copy);
}

void log_compress(struct member *member, const char *name)
{
	char path[512];
	struct generation *generation = generation_at(member, name);
	/* as if it had happened a minute ago: the agent leaves compressed files alone that are still being written */
	log_path(member, name, path);
	shell("gzip -q %s && touch -d '1 minute ago' %s.gz", path, path);
	snprintf(generation->name, sizeof generation->name, "%s.gz", name);
}

void log_delete(struct member *member, const char *name)
{
	char path[512];

	assert_int_equal(unlink(log_path(member, name, path)), 0);
	generation_at(member, name)->name[0] = 0;
}

static bool equal(const struct generation *generation, const struct received *received)
{
	return generation->size == received->size &&
	       memcmp(generation->content, received->content, received->size) == 0;
}

static size_t first_difference(const struct generation *generation, const struct received *received)
{
	size_t place = 0;

	while (place < generation->size && place < received->size &&
	       generation->content[place] == received->content[place])
		place++;
	return place;
}

static void explain(const struct member *member)
{
	for (size_t i = 0; i < member->generation_count; i++)
		print_error("generation %zu \"%s\": %zu bytes, starts %.40s\n", i, member->generations[i].name,
		    member->generations[i].size, member->generations[i].content);
	for (size_t i = 0; i < member->received_count; i++) {
		print_error("received %zu: %zu bytes, starts %.40s\n", i, member->received[i].size,
		    member->received[i].content);
		for (size_t g = 0; g < member->generation_count; g++)
			print_error("    as generation %zu up to %zu\n", g,
			    first_difference(&member->generations[g], &member->received[i]));
	}
}

void assert_all_received(struct member *member)
{
	bool used[1024] = { false };
	unsigned missing = 0, more = 0;

	for (size_t g = 0; g < member->generation_count; g++) {
		size_t found = member->received_count;
		for (size_t i = 0; i < member->received_count && found == member->received_count; i++)
			if (!used[i] && equal(&member->generations[g], &member->received[i]))
				found = i;
		if (found < member->received_count)
			used[found] = true;
		else if (member->generations[g].size > 0)
			missing++;
	}
	for (size_t i = 0; i < member->received_count; i++)
		more += !used[i] && member->received[i].size > 0;
	if (missing || more || member->mismatches) {
		explain(member);
		fail_msg("%u contents are missing, %u came that are none, %u batches do not fit", missing, more,
		    member->mismatches);
	}
}
