/*
 * Batches on their way to the centre; see ship.h.
 */
#include "watch/ship_inner.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "http/client.h"
#include "http/protocol.h"
#include "watch/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_LARGEST (1u << 20)

static enum error read_token(struct shipper *shipper, struct failure *failure)
{
	char *at;
	size_t size;
	enum error error = file_read(shipper->settings->token_file, TOKEN_LARGEST - 1, &at, &size, failure);

	if (error)
		return error;
	struct text rest = { at, size };
	struct text token = text_trim(text_cut(&rest, '\n'));
	text_copy(token, shipper->token, sizeof shipper->token);
	free(at);
	if (token.size == 0)
		return fail(
		    failure, ERROR_INPUT, "%s: its first line should be the token", shipper->settings->token_file);
	return OK;
}

/* A client shows one certificate for its life: for another one there is another client. */
static enum error connect_anew(struct shipper *shipper, struct failure *failure)
{
	struct client_settings settings = { .authorities = shipper->settings->authorities,
		.answer_within = 30 * SECOND,
		.largest = ANSWER_LARGEST,
		.allow_private = true };
	struct client *client;
	if (shipper->settings->machine)
		machine_client(shipper->settings->machine, &settings);
	enum error error = client_new(&settings, &client, failure);
	if (error)
		return error;
	client_free(shipper->client);
	shipper->client = client;
	return OK;
}

void shipper_tend(struct shipper *shipper)
{
	struct failure failure;
	if (shipper->settings->machine && machine_tend(shipper->settings->machine) &&
	    connect_anew(shipper, &failure) != OK)
		log_write(LOG_ERROR, "the new certificate cannot be shown", LOG_FIELD_STRING("why", failure.words));
}

const char *shipper_token(const struct shipper *shipper)
{
	return shipper->settings->machine ? NULL : shipper->token;
}

enum error shipper_new(const struct ship_settings *settings, struct shipper **made, struct failure *failure)
{
	struct shipper *shipper = calloc(1, sizeof *shipper);

	if (!shipper)
		return fail(failure, ERROR_MEMORY, "no memory to ship");
	shipper->settings = settings;
	shipper->packed_room = ZSTD_compressBound(BATCH_BYTES + PREAMBLE_BYTES);
	shipper->plain = malloc(BATCH_BYTES + PREAMBLE_BYTES);
	shipper->packed = malloc(shipper->packed_room);
	shipper->compressor = ZSTD_createCCtx();
	shipper->parser = json_parser_new(16);
	enum error error = shipper->plain && shipper->packed && shipper->compressor && shipper->parser
			       ? OK
			       : fail(failure, ERROR_MEMORY, "no memory to ship");
	if (!error && !settings->machine)
		error = read_token(shipper, failure);
	if (!error)
		error = gate_init(&shipper->gate, &settings->gate, failure);
	if (!error && settings->records)
		error = record_feed_new(settings->records, &shipper->records, failure);
	if (!error)
		error = connect_anew(shipper, failure);
	if (error) {
		shipper_free(shipper);
		return error;
	}
	*made = shipper;
	return OK;
}

void shipper_free(struct shipper *shipper)
{
	if (!shipper)
		return;
	if (shipper->client)
		client_free(shipper->client);
	json_parser_free(shipper->parser);
	ZSTD_freeCCtx(shipper->compressor);
	gate_free(&shipper->gate);
	record_feed_free(shipper->records);
	free(shipper->plain);
	free(shipper->packed);
	free(shipper);
}

static void build_escaped(struct builder *to, const char *text)
{
	for (; *text; text++)
		if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') || strchr("-._~", *text))
			build_char(to, *text);
		else
			build_format(to, "%%%02X", (uint8_t)*text);
}

void shipper_build_server(const struct shipper *shipper, struct builder *to)
{
	const char *server = shipper->settings->server;
	size_t size = strlen(server);

	while (size > 0 && server[size - 1] == '/')
		size--;
	build_text(to, (struct text){ server, size });
}

static void build_url(const struct shipper *shipper, const struct follow *follow, const struct batch *batch,
    uint32_t preamble, struct builder *to)
{
	const char *map = shipper->settings->map;

	shipper_build_server(shipper, to);
	build_format(to, "/v1/alerts?epoch=%016" PRIx64 "%016" PRIx64 "&offset=%" PRIu64, follow->epoch.high,
	    follow->epoch.low, batch->begin);
	if (preamble > 0)
		build_format(to, "&preamble=%u", preamble);
	if (shipper->settings->keep_records)
		build_format(to, "&records=true");
	if (follow->format[0]) {
		build_format(to, "&format=");
		build_escaped(to, follow->format);
	}
	if (map && map[0] && !follow->own) {
		build_format(to, "&map=");
		build_escaped(to, map);
	}
}

enum delivery ship_meaning(unsigned status)
{
	if (status == 200)
		return DELIVERED;
	if (status == 401 || status == 403)
		return DENIED;
	/* 404, 405: this is no centre, or not yet; 408, 425, 429: not now */
	if (status == 404 || status == 405 || status == 408 || status == 425 || status == 429)
		return LATER;
	return status >= 400 && status < 500 ? REFUSED : LATER;
}

void shipper_answer_words(struct shipper *shipper, const struct client_answer *got, struct delivery_answer *answer)
{
	struct json_value root;
	struct failure ignored;
	char detail[200] = "";

	if (got->body.size > 0 && json_parse(shipper->parser, got->body, &root, &ignored) == OK)
		text_copy(json_text(json_get(root, "detail")), detail, sizeof detail);
	snprintf(answer->words, sizeof answer->words, "HTTP status %u%s%s", got->status, detail[0] ? ": " : "", detail);
}

/* The first of the lines that the centre complains about. */
static void read_problem(struct json_value problems, struct delivery_answer *answer)
{
	struct json_walk walk = { 0 };

	if (json_kind(problems) != JSON_IS_ARRAY || !json_next(problems, &walk))
		return;
	json_to_u64(json_get(walk.value, "offset"), &answer->place);
	text_copy(json_text(json_get(walk.value, "words")), answer->words, sizeof answer->words);
}

static void read_counts(struct shipper *shipper, const struct client_answer *got, struct delivery_answer *answer)
{
	struct json_value root;
	struct failure ignored;
	uint64_t duplicate_keys = 0, implausible = 0, version = 0;

	if (json_parse(shipper->parser, got->body, &root, &ignored) != OK)
		return;
	json_to_u64(json_get(root, "alerts"), &answer->alerts);
	json_to_u64(json_get(root, "malformed"), &answer->malformed);
	json_to_u64(json_get(root, "duplicate_keys"), &duplicate_keys);
	json_to_u64(json_get(root, "implausible_times"), &implausible);
	answer->doubtful = duplicate_keys + implausible;
	if (json_to_u64(json_get(root, "capture_version"), &version))
		gate_note_version(&shipper->gate, version);
	answer->repeated = json_kind(json_get(root, "repeated")) == JSON_IS_TRUE;
	read_problem(json_get(root, "problems"), answer);
}

/* The headers of a request; `words` is their room. */
struct words {
	char protocol[64], agent[96];
};

static void say(const struct shipper *shipper, struct words *words, const char *headers[static 3])
{
	snprintf(words->protocol, sizeof words->protocol, PROTOCOL_HEADER ": %d", PROTOCOL_NEWEST);
	snprintf(words->agent, sizeof words->agent, AGENT_HEADER ": clock=%" PRId64 " lost=%" PRIu64, time_now(),
	    shipper->lost);
	headers[0] = words->protocol;
	headers[1] = words->agent;
	headers[2] = NULL;
}

void shipper_lost(struct shipper *shipper, uint64_t lost)
{
	shipper->lost = lost;
}

nanoseconds shipper_heard(const struct shipper *shipper)
{
	return shipper->heard;
}

bool shipper_hello(struct shipper *shipper)
{
	struct builder url = { 0 };
	struct client_answer got = { 0 };
	struct failure failure;
	struct words words;
	const char *headers[3];

	say(shipper, &words, headers);
	shipper_build_server(shipper, &url);
	build_text(&url, TEXT("/v1/alerts"));
	struct client_request request = { .method = "POST",
		.url = url.at,
		.headers = headers,
		.token = shipper_token(shipper),
		.body = TEXT(""),
		.type = "application/x-ndjson" };
	bool heard =
	    !url.failed && client_request(shipper->client, &request, &got, &failure) == OK && got.status == 200;
	if (heard)
		shipper->heard = time_monotonic();
	builder_free(&url);
	return heard;
}

enum error shipper_post(
    struct shipper *shipper, const struct builder *url, size_t size, struct client_answer *got, struct failure *failure)
{
	struct words words;
	const char *headers[3];

	say(shipper, &words, headers);
	size_t packed =
	    ZSTD_compressCCtx(shipper->compressor, shipper->packed, shipper->packed_room, shipper->plain, size, 3);
	if (ZSTD_isError(packed))
		return fail(failure, ERROR_MEMORY, "compressing a batch: %s", ZSTD_getErrorName(packed));
	struct client_request request = { .method = "POST",
		.url = url->at,
		.headers = headers,
		.token = shipper_token(shipper),
		.body = { (const char *)shipper->packed, packed },
		.type = "application/x-ndjson",
		.encoding = "zstd" };
	return url->failed ? fail(failure, ERROR_MEMORY, "no memory to ship")
			   : client_request(shipper->client, &request, got, failure);
}

static enum error post_batch(struct shipper *shipper, const struct follow *follow, const struct batch *batch,
    struct client_answer *got, uint64_t *withheld, struct failure *failure)
{
	uint32_t preamble = batch->begin > 0 ? follow->preamble_size : 0;
	size_t size = batch->end - batch->begin;
	struct builder url = { 0 };

	if (preamble > 0)
		memcpy(shipper->plain, follow->preamble, preamble);
	memcpy(shipper->plain + preamble, batch->content, size);
	const struct gate_lines lines = { .format = follow->format,
		.map = follow->own ? NULL : shipper->settings->map,
		.preamble = { (const char *)shipper->plain, preamble },
		.bytes = (char *)shipper->plain + preamble,
		.size = size };
	enum error error = gate_pass(&shipper->gate, &lines, withheld, failure);
	if (error)
		return error;
	build_url(shipper, follow, batch, preamble, &url);
	error = shipper_post(shipper, &url, preamble + size, got, failure);
	builder_free(&url);
	return error;
}

enum delivery shipper_settle(
    struct shipper *shipper, enum error error, const struct client_answer *got, struct delivery_answer *answer)
{
	if (error)
		return LATER;
	enum delivery meaning = ship_meaning(got->status);
	if (meaning == DELIVERED) {
		read_counts(shipper, got, answer);
		shipper->heard = time_monotonic();
	} else {
		shipper_answer_words(shipper, got, answer);
	}
	if (meaning == LATER)
		answer->wait = got->retry_after * SECOND;
	return meaning;
}

static enum delivery ship_once(
    struct shipper *shipper, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct client_answer got = { 0 };
	struct failure failure;

	enum delivery allowed = shipper_ask_policy(shipper, answer);
	if (allowed != DELIVERED)
		return allowed;
	if (shipper->records && record_feed_format(follow->format))
		return shipper_send_records(shipper, follow, batch, answer);
	enum error error = post_batch(shipper, follow, batch, &got, &answer->withheld, &failure);
	if (error)
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
	return shipper_settle(shipper, error, &got, answer);
}

/* What we show was not taken: there may be another by now. True: it is worth another try at once. */
static bool show_another(struct shipper *shipper, struct delivery_answer *answer)
{
	struct failure failure;
	if (shipper->settings->machine)
		return machine_denied(shipper->settings->machine) && connect_anew(shipper, &failure) == OK;
	if (read_token(shipper, &failure) != OK) /* it may have been renewed */
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
	return false;
}

enum delivery ship(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct shipper *shipper = context;
	enum delivery meaning = ship_once(shipper, follow, batch, answer);
	if (meaning == DENIED && show_another(shipper, answer)) {
		*answer = (struct delivery_answer){ 0 };
		meaning = ship_once(shipper, follow, batch, answer);
	}
	/* The centre saw a '?' in place of a line that could not be reduced: the gate knows what was wrong with it. */
	const struct capture_counts *gate = &shipper->gate.counts;
	if (meaning == DELIVERED && *gate->unreadable_words && answer->place == batch->begin + gate->unreadable_at)
		text_copy(text_of(gate->unreadable_words), answer->words, sizeof answer->words);
	return meaning;
}
