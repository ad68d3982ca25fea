/*
 * A member's folder and a centre's memory; see member.h.
 */
#include "tests/watch/member.h"
#include "watch/tend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

/* What is refused comes later: until then what stands behind it waits. */
static void put(struct received *received, const struct batch *batch)
{
	size_t size = batch->end - batch->begin, place = 0;

	if (batch->begin > received->size) {
		for (; place < WAITING && received->waiting[place].content; place++)
			if (received->waiting[place].begin == batch->begin)
				return;
		assert_true(place < WAITING);
		received->waiting[place] = (struct batch){ batch->begin, batch->end, 0, malloc(size) };
		memcpy(received->waiting[place].content, batch->content, size);
		return;
	}
	received->content = realloc(received->content, received->size + size);
	memcpy(received->content + received->size, batch->content, size);
	received->size += size;
	for (place = 0; place < WAITING; place++) {
		struct batch next = received->waiting[place];
		if (!next.content || next.begin != received->size)
			continue;
		received->waiting[place] = received->waiting[WAITING - 1];
		received->waiting[WAITING - 1].content = NULL;
		put(received, &next);
		free(next.content);
		return;
	}
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
	if (batch->begin > received->size && member->refusals == 0) {
		member->mismatches++;
		return;
	}
	put(received, batch);
	received->batches++;
}

static void answer_that(struct member *member, const struct follow *follow, const struct batch *batch)
{
	struct received *received = received_of(member, follow->epoch);

	if (batch->end > received->answered) /* not so when a refused one is sent again */
		received->answered = batch->end;
}

/* What the agent knows is on its disk, when it is. */
static void note_saved(struct member *member)
{
	if (member->agent->unsaved)
		return;
	for (size_t i = 0; i < member->generation_count; i++)
		member->generations[i].saved = member->generations[i].known;
	for (size_t i = 0; i < member->received_count; i++)
		member->received[i].saved = member->received[i].answered;
}

/* What the agent's folder holds when it is killed here. */
static void keep_state(struct member *member)
{
	shell("cp -a %s/state %s/crash", member->folder, member->folder);
	member->killed = true;
}

static enum delivery deliver(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct member *member = context;

	snprintf(answer->words, sizeof answer->words, "the test says so");
	if (member->killed)
		return LATER;
	note_saved(member); /* nothing is sent before it is */
	switch (member->mood) {
	case CENTRE_AWAY:
		return LATER;
	case CENTRE_DENIES:
		return DENIED;
	case CENTRE_REFUSES:
		member->refusals++;
		answer_that(member, follow, batch);
		return REFUSED;
	case CENTRE_KILLS_LATER:
		receive(member, follow, batch);
		keep_state(member);
		return LATER;
	case CENTRE_KILLS:
		keep_state(member);
		return LATER;
	case CENTRE_LOSES_ANSWER:
		receive(member, follow, batch);
		return LATER;
	case CENTRE_FINE:
		break;
	}
	receive(member, follow, batch);
	answer_that(member, follow, batch);
	return DELIVERED;
}

void member_set_pattern(struct member *member, unsigned index, const char *pattern)
{
	char path[512];

	free((char *)member->patterns[index]);
	member->patterns[index] = strdup(log_path(member, pattern, path));
	if (index >= member->settings.pattern_count)
		member->settings.pattern_count = index + 1;
}

void member_begin(struct member *member, const char *pattern)
{
	char path[512];

	memset(member, 0, sizeof *member);
	snprintf(member->folder, sizeof member->folder, "/tmp/noroshi-agent-XXXXXX");
	assert_non_null(mkdtemp(member->folder));
	snprintf(path, sizeof path, "%s/logs", member->folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof path, "%s/state", member->folder);
	member->settings = (struct agent_settings){ .patterns = member->patterns,
		.folder = strdup(path),
		.spool_limit = 64 << 20,
		.refused_limit = 1 << 20,
		.linger = 5 * SECOND,
		.give_up = 10 * MINUTE,
		.retry_least = SECOND,
		.retry_most = 8 * SECOND,
		.deliver = deliver,
		.context = member };
	member_set_pattern(member, 0, pattern);
	member->now = HOUR;
}

/* Mounts of our own: nobody else sees them, and they end with this process. */
bool member_mount_state(struct member *member, size_t size)
{
	static bool apart;
	char options[64];

	if (!apart && (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0))
		return false;
	apart = true;
	snprintf(options, sizeof options, "size=%zu", size);
	if (mkdir(member->settings.folder, 0700) != 0 ||
	    mount("tmpfs", member->settings.folder, "tmpfs", 0, options) != 0)
		return false;
	return member->mounted = true;
}

void member_fill_state(struct member *member, size_t leave)
{
	char path[512], room[4096] = { 0 };
	struct statvfs about;

	assert_true(member->mounted);
	snprintf(path, sizeof path, "%s/filler", member->settings.folder);
	assert_int_equal(statvfs(member->settings.folder, &about), 0);
	int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(file >= 0);
	for (size_t rest = about.f_bavail * about.f_bsize; rest > leave && write(file, room, sizeof room) > 0;)
		rest -= rest < sizeof room ? rest : sizeof room;
	close(file);
}

void member_free_state(struct member *member)
{
	char path[512];

	snprintf(path, sizeof path, "%s/filler", member->settings.folder);
	unlink(path);
}

void member_end(struct member *member)
{
	agent_free(member->agent);
	if (member->mounted)
		assert_int_equal(umount(member->settings.folder), 0);
	shell("rm -rf %s", member->folder);
	for (size_t i = 0; i < member->generation_count; i++)
		free(member->generations[i].content);
	for (size_t i = 0; i < member->received_count; i++) {
		free(member->received[i].content);
		for (unsigned k = 0; k < WAITING; k++)
			free(member->received[i].waiting[k].content);
	}
	for (size_t i = 0; i < member->settings.pattern_count; i++)
		free((char *)member->patterns[i]);
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

	if (!member->killed)
		keep_state(member);
	agent_stop(member);
	member_free_state(member); /* the folder must hold what it held */
	shell("rm -rf %s/state/* && rm -f %s/crash/filler && cp -a %s/crash/. %s/state && rm -rf %s/crash", folder,
	    folder, folder, folder, folder);
	member->killed = false;
	for (size_t i = 0; i < member->generation_count; i++)
		member->generations[i].known = member->generations[i].saved;
	for (size_t i = 0; i < member->received_count; i++)
		member->received[i].answered = member->received[i].saved;
}

void agent_look(struct member *member)
{
	struct failure failure = { 0 };

	if (agent_scan(member->agent, member->now, &failure) != OK)
		fail_msg("%s", failure.words);
	for (size_t i = 0; i < member->generation_count; i++) {
		struct generation *generation = &member->generations[i];
		size_t there = generation->lossy ? generation->copied : generation->size;
		if (generation->name[0] && there > generation->known)
			generation->known = there;
	}
	note_saved(member);
}

void agent_run(struct member *member, unsigned rounds, nanoseconds step)
{
	for (unsigned i = 0; i < rounds && member->agent; i++) {
		agent_look(member);
		for (unsigned k = 0; k < 1000 && agent_work(member->agent, member->now) == AGENT_MORE; k++)
			;
		member->now += step;
		note_saved(member);
		if (member->killed)
			agent_crash(member);
	}
}

static bool begins(const struct generation *generation, const struct received *received)
{
	return received->size <= generation->size &&
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
		print_error("generation %zu \"%s\": %zu bytes (%zu known, %zu in the copy%s), starts %.40s\n", i,
		    member->generations[i].name, member->generations[i].size, member->generations[i].known,
		    member->generations[i].copied, member->generations[i].lossy ? ", lossy" : "",
		    member->generations[i].content);
	for (size_t i = 0; i < member->received_count; i++) {
		print_error("received %zu (%016llx): %zu bytes, starts %.40s\n", i,
		    (unsigned long long)member->received[i].epoch.high, member->received[i].size,
		    member->received[i].content);
		for (size_t g = 0; g < member->generation_count; g++)
			if (first_difference(&member->generations[g], &member->received[i]) > 20)
				print_error("    as generation %zu up to %zu\n", g,
				    first_difference(&member->generations[g], &member->received[i]));
	}
}

static void explain_losses(const struct member *member)
{
	char path[512], *line = NULL;
	size_t room = 0;

	snprintf(path, sizeof path, "%s/losses.jsonl", member->settings.folder);
	FILE *file = fopen(path, "r");
	while (file && getline(&line, &room, file) > 0)
		print_error("%s", line);
	free(line);
	if (file)
		fclose(file);
}

/* The bytes that the agent says are lost behind what it knows to have arrived; NULL: in all. */
static uint64_t said_lost(struct member *member, const struct received *received, size_t *ranges)
{
	char path[512], *line = NULL, epoch[64] = "", from[64] = "", *at;
	size_t room = 0;
	uint64_t bytes = 0;

	*ranges = 0;
	if (received) {
		snprintf(epoch, sizeof epoch, "\"epoch\":\"%016llx%016llx\"", (unsigned long long)received->epoch.high,
		    (unsigned long long)received->epoch.low);
		snprintf(from, sizeof from, "\"from\":%zu,", received->answered);
	}
	snprintf(path, sizeof path, "%s/losses.jsonl", member->settings.folder);
	FILE *file = fopen(path, "r");
	while (file && getline(&line, &room, file) > 0)
		if (strstr(line, epoch) && strstr(line, from) && (at = strstr(line, "\"bytes\":"))) {
			bytes += strtoull(at + 8, NULL, 10);
			*ranges += 1;
		}
	free(line);
	if (file)
		fclose(file);
	return bytes;
}

/* The received content that is this generation, or a beginning of it; NULL when nothing of it came. */
static struct received *find_received(struct member *member, const struct generation *generation, bool *used)
{
	struct received *best = NULL;

	for (size_t i = 0; i < member->received_count; i++) {
		struct received *received = &member->received[i];
		if (used[i] || received->size == 0 || !begins(generation, received))
			continue;
		if (received->size == generation->size || (generation->lossy && (!best || received->size > best->size)))
			best = received;
	}
	if (best)
		used[best - member->received] = true;
	return best;
}

struct lost {
	uint64_t least, most; /* bytes; they differ where nobody but the agent can tell what it saw */
};

static bool arrived(struct member *member, const struct generation *generation, bool *used, struct lost *lost)
{
	const struct received *received = find_received(member, generation, used);
	size_t came = received ? received->size : 0, answered = received ? received->answered : 0, ranges;
	size_t known = came > generation->known ? came : generation->known;

	if (came < generation->size && (!generation->lossy || came < generation->copied))
		return false;
	size_t most = generation->held ? generation->size : known;
	if (answered >= most)
		return true; /* if more was written, no agent saw it */
	uint64_t least = known > answered ? known - answered : 0;
	lost->least += least;
	lost->most += most - answered;
	uint64_t said = received ? said_lost(member, received, &ranges) : least;
	return said >= least && said <= most - answered;
}

/* A copy of what was sent, and never answered, before the agent was killed: whether the centre has it nobody can know,
 * and shipping it again is better than losing it. */
static bool is_doubtful_copy(const struct member *member, const struct received *copy)
{
	for (size_t g = 0; g < member->generation_count; g++) {
		const struct generation *generation = &member->generations[g];
		if (!generation->lossy || generation->copied != copy->size || !begins(generation, copy))
			continue;
		for (size_t i = 0; i < member->received_count; i++)
			if (&member->received[i] != copy && begins(generation, &member->received[i]) &&
			    member->received[i].answered < copy->size)
				return true;
	}
	return false;
}

void assert_all_received(struct member *member)
{
	bool used[1024] = { false };
	unsigned missing = 0, more = 0;
	struct lost lost = { 0, 0 };
	size_t ranges;

	for (size_t g = 0; g < member->generation_count; g++)
		if (!arrived(member, &member->generations[g], used, &lost)) {
			print_error("generation %zu is missing, or its loss is not said\n", g);
			missing++;
		}
	for (size_t i = 0; i < member->received_count; i++)
		more += !used[i] && member->received[i].size > 0 && !is_doubtful_copy(member, &member->received[i]);
	uint64_t said = said_lost(member, NULL, &ranges);
	if (missing || more || member->mismatches || said < lost.least || said > lost.most) {
		explain(member);
		explain_losses(member);
		fail_msg(
		    "%u contents are missing, %u came that are none, %u batches do not fit; %llu bytes are said to be "
		    "lost, %llu to %llu are",
		    missing, more, member->mismatches, (unsigned long long)said, (unsigned long long)lost.least,
		    (unsigned long long)lost.most);
	}
}
