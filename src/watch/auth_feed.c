/*
 * From bytes to detectors; see auth_feed.h.
 */
#include "watch/auth_feed.h"

enum error auth_feed(struct auth_feed *feed, struct syslog_reader *reader, struct text bytes,
    const struct auth_origin *origin, struct syslog_message *message, struct auth_fact *kept, struct failure *failure)
{
	struct auth_fact fact = { .kind = AUTH_NONE };
	enum error error = syslog_read(reader, bytes, origin->received, message, failure);
	feed->counts.messages++;
	feed->counts.malformed += error != OK;
	bool is_fact = !error && authlog_read(message, &fact);
	feed->counts.facts += is_fact;
	feed->counts.kinds[fact.kind]++;
	const struct auth_event event = { .message = message,
		.fact = is_fact ? &fact : NULL,
		.host = message->host.size ? message->host : origin->host,
		.stream = origin->stream };
	if (!error && feed->watch)
		auth_watch_see(feed->watch, &event);
	if (kept)
		*kept = is_fact ? fact : (struct auth_fact){ .kind = AUTH_NONE };
	return error;
}
