/*
 * The receiver's counters as JSON; see receive_report.h.
 */
#include "watch/receive_report.h"

#include "base/file.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	size_t offset;
} names[] = {
#define COUNTED(name)                                                                                                  \
	{                                                                                                              \
#name, offsetof(struct receive_counts, name)                                                           \
	}
	COUNTED(messages),
	COUNTED(bytes),
	COUNTED(malformed),
	COUNTED(facts),
	COUNTED(records),
	COUNTED(decoded),
	COUNTED(cut),
	COUNTED(broken),
	COUNTED(dropped),
	COUNTED(too_many),
	COUNTED(refused),
	COUNTED(crowded),
	COUNTED(handshakes),
	COUNTED(connections),
#undef COUNTED
};

static uint64_t count_of(const struct receiving *receiving, size_t which)
{
	return *(const uint64_t *)(const void *)((const char *)&receiving->counts + names[which].offset);
}

static void write_source(const struct receiving *receiving, struct builder *to)
{
	build_text(to, TEXT("{\"name\":"));
	build_json_string(to, text_of(receiving->source->name));
	build_format(to, ",\"transport\":\"%s\",\"open_connections\":%" PRIu32,
	    receive_transport_name(receiving->source->transport), receiving->connection_count);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		build_format(to, ",\"%s\":%" PRIu64, names[i].name, count_of(receiving, i));
	build_char(to, '}');
}

static void log_sums(const struct receive *receive)
{
	uint64_t lost = 0, malformed = 0;
	for (size_t i = 0; i < receive->count; i++) {
		const struct receive_counts *counts = &receive->items[i].counts;
		lost += counts->dropped + counts->broken +
			(receive->items[i].source->transport == RECEIVE_UDP ? counts->too_many : 0);
		malformed += counts->malformed;
	}
	log_write(LOG_INFO, "receiver", LOG_FIELD_NUMBER("messages", receive->feed.counts.messages),
	    LOG_FIELD_NUMBER("findings", receive->findings), LOG_FIELD_NUMBER("malformed", malformed),
	    LOG_FIELD_NUMBER("lost", lost), LOG_FIELD_NUMBER("waiting_bytes", received_used(receive->received)));
}

void receive_report(struct receive *receive)
{
	static uint64_t calls;
	struct builder to = { 0 };
	struct failure failure;
	char path[4352];
	build_format(&to,
	    "{\"messages\":%" PRIu64 ",\"findings\":%" PRIu64 ",\"forgotten\":%" PRIu64 ",\"waiting_bytes\":%" PRIu64
	    ",\"full\":%s,\"full_times\":%" PRIu64 ",\"sources\":[",
	    receive->feed.counts.messages, receive->findings, auth_watch_forgotten(receive->feed.watch),
	    received_used(receive->received), receive->full ? "true" : "false", receive->full_times);
	for (size_t i = 0; i < receive->count; i++) {
		if (i > 0)
			build_char(&to, ',');
		write_source(&receive->items[i], &to);
	}
	build_text(&to, TEXT("]}"));
	uint64_t hash = to.failed ? 0 : hash_bytes(to.at, to.size, 0);
	snprintf(path, sizeof path, "%s/received.json", receive->settings->folder);
	if (hash != receive->reported && !to.failed &&
	    file_replace(path, (struct text){ to.at, to.size }, 0600, &failure) != OK)
		log_write(LOG_WARNING, "counters cannot be saved", LOG_FIELD_STRING("why", failure.words));
	receive->reported = hash;
	if (calls++ % 60 == 59 || receive->ending)
		log_sums(receive);
	builder_free(&to);
}
