/*
 * watch/signature_hits.h and match/disclosure.h: any lines are taken as EVE alerts, and the bytes as a rule's metadata;
 * what is counted is what is written.
 *
 * Sources: watch/signature_hits.c, match/disclosure.c.
 */
#include "fuzz.h"
#include "watch/signature_hits.h"

#include <stdlib.h>
#include <string.h>

static uint64_t lines_of(struct signature_hits *hits, bool json, bool all)
{
	char *at = NULL;
	size_t size = 0;
	uint64_t lines = 0;
	FILE *to = open_memstream(&at, &size);
	CHECK(to && signature_hits_write(hits, json, all, to));
	fclose(to);
	for (size_t i = 0; i < size; i++)
		lines += at[i] == '\n';
	free(at);
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct signature_hits *hits;
	struct failure failure = { 0 };
	struct stream *stream;
	CHECK((hits = signature_hits_new()));
	CHECK(stream_open_memory("bytes", data, size, &stream, &failure) == OK);
	stream_limit(stream, 1 << 20);
	enum error error = signature_hits_read(hits, stream, &failure);
	CHECK(!error || failure.words[0]);
	stream_close(stream);
	struct signature_hits_counts counts = signature_hits_count(hits);
	CHECK(counts.malformed + counts.alerts <= counts.lines);
	struct text metadata = { (const char *)data, size };
	CHECK(signature_hits_rule(hits, 1, 1, metadata, metadata, &failure) == OK);
	struct disclosure disclosure = disclosure_of(metadata);
	CHECK(memchr(disclosure.cve, 0, sizeof disclosure.cve));
	CHECK(!disclosure_raises(&disclosure, disclosure.day) || (disclosure.known && disclosure.poc_public));
	uint64_t all = lines_of(hits, true, true);
	CHECK(all >= 1 && all <= counts.alerts + 1);
	CHECK(lines_of(hits, false, false) <= all + 1);
	signature_hits_free(hits);
	return 0;
}
