/*
 * What an agent knows, read from its folder, as JSON; see agent.h.
 */
#include "base/file.h"
#include "watch/agent.h"
#include "watch/loss.h"
#include "watch/position.h"
#include "watch/refused.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *state_name(enum follow_state state)
{
	switch (state) {
	case FOLLOW_HERE:
		return "followed";
	case FOLLOW_GONE:
		return "gone";
	case FOLLOW_DONE:
		return "ended";
	}
	return "unknown";
}

static void write_follow(const struct follow *follow, struct builder *to)
{
	build_format(to, "{\"file\":");
	build_json_string(to, text_of(follow->path));
	build_format(to, ",\"first_name\":");
	build_json_string(to, text_of(follow->home));
	build_format(to, ",\"epoch\":\"%016" PRIx64 "%016" PRIx64 "\",\"state\":\"%s\"", follow->epoch.high,
	    follow->epoch.low, state_name(follow->state));
	build_format(to, ",\"delivered_to\":%" PRIu64 ",\"seen\":%" PRIu64 ",\"lines\":%" PRIu64,
	    follow->identity.place, follow->seen, follow->lines);
	build_format(to,
	    ",\"spooled\":%" PRIu64 ",\"under_way\":%s,\"format\":", follow->spooled.end - follow->spooled.begin,
	    follow->pending_end ? "true" : "false");
	build_json_string(to, text_of(follow->format));
	build_char(to, '}');
}

static const struct {
	const char *name;
	size_t offset;
} counter_names[] = {
	{ "batches", offsetof(struct agent_counts, batches) },
	{ "lines", offsetof(struct agent_counts, lines) },
	{ "bytes", offsetof(struct agent_counts, bytes) },
	{ "alerts", offsetof(struct agent_counts, alerts) },
	{ "malformed", offsetof(struct agent_counts, malformed) },
	{ "doubtful", offsetof(struct agent_counts, doubtful) },
	{ "repeated", offsetof(struct agent_counts, repeated) },
	{ "refused_batches", offsetof(struct agent_counts, refused) },
	{ "refused_lines", offsetof(struct agent_counts, refused_lines) },
	{ "resent_batches", offsetof(struct agent_counts, resent) },
	{ "too_long", offsetof(struct agent_counts, too_long) },
	{ "broken_files", offsetof(struct agent_counts, broken) },
	{ "lost_files", offsetof(struct agent_counts, lost_files) },
	{ "lost_bytes", offsetof(struct agent_counts, lost_bytes) },
	{ "withheld_fields", offsetof(struct agent_counts, withheld) },
	{ "failures", offsetof(struct agent_counts, failures) },
	{ "spool_full", offsetof(struct agent_counts, spool_full) },
	{ "files", offsetof(struct agent_counts, files) },
	{ "waiting_files", offsetof(struct agent_counts, waiting_files) },
	{ "spooled_bytes", offsetof(struct agent_counts, spooled) },
};

void agent_counts_write(const struct agent_counts *counts, struct builder *to)
{
	build_char(to, '{');
	for (size_t i = 0; i < sizeof counter_names / sizeof *counter_names; i++)
		build_format(to, "%s\"%s\":%" PRIu64, i ? "," : "", counter_names[i].name,
		    *(const uint64_t *)(const void *)((const char *)counts + counter_names[i].offset));
	build_char(to, '}');
}

enum error agent_save_counts(const char *folder, const struct agent_counts *counts, struct failure *failure)
{
	struct builder to = { 0 };
	char path[4200];

	snprintf(path, sizeof path, "%s/counters.json", folder);
	agent_counts_write(counts, &to);
	enum error error = to.failed ? fail(failure, ERROR_MEMORY, "no memory to write %s", path)
				     : file_replace(path, (struct text){ to.at, to.size }, 0600, failure);
	builder_free(&to);
	return error;
}

/* As the agent wrote them last; null when it has not yet. */
static void add_file(const char *folder, const char *name, struct builder *to)
{
	char path[4200], *at;
	size_t size;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (access(path, F_OK) != 0 || file_read(path, 65536, &at, &size, NULL) != OK) {
		build_format(to, "null");
		return;
	}
	build_text(to, (struct text){ at, size });
	free(at);
}

enum error agent_status(const char *folder, struct builder *to, struct failure *failure)
{
	struct follows follows;
	char path[4200];
	uint64_t waiting = 0, refused, refused_bytes;

	if (access(folder, F_OK) != 0)
		return fail(failure, ERROR_NOT_FOUND, "%s: no agent has worked in this folder", folder);
	snprintf(path, sizeof path, "%s/positions", folder);
	enum error error = positions_load(path, &follows, failure);
	if (error)
		return error;
	build_format(to, "{\"version\":1,\"files\":[");
	for (size_t i = 0; i < follows.count; i++) {
		if (i > 0)
			build_char(to, ',');
		write_follow(follows.items[i], to);
		if (follows.items[i]->seen > follows.items[i]->identity.place && follows.items[i]->state != FOLLOW_DONE)
			waiting += follows.items[i]->seen - follows.items[i]->identity.place;
	}
	refused_sum(folder, &refused, &refused_bytes);
	build_format(to,
	    "],\"waiting_bytes\":%" PRIu64 ",\"refused\":{\"batches\":%" PRIu64 ",\"bytes\":%" PRIu64 "},\"losses\":",
	    waiting, refused, refused_bytes);
	losses_write(folder, to);
	build_format(to, ",\"counters\":");
	add_file(folder, "counters.json", to);
	build_format(to, ",\"syslog\":");
	add_file(folder, "received.json", to);
	build_format(to, "}\n");
	follows_clear(&follows);
	return to->failed ? fail(failure, ERROR_MEMORY, "no memory for the status") : OK;
}
