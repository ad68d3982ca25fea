/*
 * Logs of sign-ins: any lines as messages, read for facts and shown to all detectors; what those find as alerts. Behind
 * a first byte of 'L' the rest is what was learned, without its checksum.
 *
 * Sources: formats/authlog.c, watch/auth.c, watch/auth_brute.c, watch/auth_first.c, watch/auth_order.c,
 * watch/auth_trail.c, watch/auth_alert.c, watch/auth_feed.c.
 */
#include "fuzz.h"
#include "watch/auth_alert.h"
#include "watch/auth_feed.h"

#define RECEIVED (1800000000 * SECOND)

static void on_finding(void *context, const struct auth_finding *finding)
{
	struct builder *out = context;
	CHECK(finding->kind < AUTH_FINDING_KINDS && finding->host.size > 0 && finding->words[0]);
	builder_clear(out);
	auth_alert_write(finding, out);
	CHECK(out->size > 0 && out->at[out->size - 1] == '\n' &&
	      text_find((struct text){ out->at, out->size - 1 }, TEXT("\n")) < 0);
	auth_finding_write(finding, out);
}

static void learned(struct auth_watch *watch, struct text bytes)
{
	struct builder file = { 0 };
	struct failure failure = { .words = "" };
	put_bytes(&file, bytes.at, bytes.size);
	put_u32(&file, checksum(0, file.at, file.size));
	enum error error = auth_watch_decode(watch, "fuzz", (struct text){ file.at, file.size }, &failure);
	CHECK(!error == !failure.words[0]);
	builder_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct syslog_settings syslog = { .zone = 0 };
	struct auth_settings settings = auth_defaults;
	struct builder out = { 0 };
	struct text rest = { (const char *)data, size };
	settings.entries = 64;
	settings.guesses = settings.spray_accounts = settings.sources = settings.compromise = 2;
	settings.learn = settings.order_learn = 0;
	settings.silence_messages = 1;
	struct auth_feed feed = { .watch = auth_watch_new(&settings, on_finding, &out) };
	struct syslog_reader *reader = syslog_reader_new(&syslog);
	if (size > 0 && data[0] == 'L' && feed.watch) {
		learned(feed.watch, (struct text){ rest.at + 1, rest.size - 1 });
		rest.size = 0;
	}
	while (rest.size > 0 && feed.watch && reader) {
		struct text line = text_cut(&rest, '\n');
		const struct auth_origin origin = { .host = TEXT("here"), .received = RECEIVED };
		struct syslog_message message;
		struct auth_fact fact;
		auth_feed(&feed, reader, line, &origin, &message, &fact, NULL);
		CHECK(fact.kind < AUTH_KINDS && (fact.kind == AUTH_NONE || fact.repeats > 0));
		CHECK(fact.account.size <= line.size * 3 + 3 && fact.object.size <= line.size * 3 + 3);
	}
	syslog_reader_free(reader);
	auth_watch_free(feed.watch);
	builder_free(&out);
	return 0;
}
