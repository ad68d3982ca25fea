/*
 * What an agent knows, read from its folder, as JSON; see agent.h.
 */
#include "base/file.h"
#include "watch/agent.h"
#include "watch/position.h"

#include <inttypes.h>
#include <stdio.h>
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

enum error agent_status(const char *folder, struct builder *to, struct failure *failure)
{
	struct follows follows;
	char path[4200];
	uint64_t waiting = 0;

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
	build_format(to, "],\"waiting_bytes\":%" PRIu64 "}\n", waiting);
	follows_clear(&follows);
	return to->failed ? fail(failure, ERROR_MEMORY, "no memory for the status") : OK;
}
