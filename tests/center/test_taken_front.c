/*
 * What a front that was taken over says to the keeper: the keeper checks everything again. Messages are made by hand,
 * the store and history are real; nothing that does not fit may rest anywhere, and history stays open.
 */
#include "bus/channel.h"
#include "center/center.h"
#include "center/keeper.h"
#include "center/message.h"
#include "center/request.h"
#include "center/tally.h"
#include "http/fields.h"
#include "store/record_store.h"

#include "../store/store_place.h"

struct taken {
	struct place *place;
	struct process process;
	struct keeper keeper;
	struct history_repair repair;
	uint32_t organisation, other, sensor, other_sensor;
	uint8_t token[32];
};

/* Live as long as the process, as in the keeper: made once for all tests. */
static struct counters *counters;
static struct batches *batches;
static struct tallies *tallies;
static struct requests *requests;

static int make_once(void **state)
{
	(void)state;
	struct failure failure;
	counters = counters_new();
	assert_non_null(counters);
	assert_int_equal(batches_new(&batches, counters, &failure), OK);
	tallies = tallies_new();
	assert_non_null(tallies);
	assert_int_equal(requests_new(&requests, counters, &failure), OK);
	return 0;
}

static nanoseconds clock_now(void)
{
	return 1800000000 * SECOND;
}

static uint32_t add_sensor(struct taken *taken, uint32_t organisation, uint8_t digest[32])
{
	struct place *place = taken->place;
	struct sensor sensor = { .organisation = organisation, .name = "edge" };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_sensor_put(place->store, place->work, &sensor, &place->failure));
	struct token token = { .sensor = sensor.number, .name = "first" };
	random_bytes(token.digest, sizeof token.digest);
	memcpy(digest, token.digest, 32);
	done(place, store_token_put(place->store, place->work, &token, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return sensor.number;
}

static int taken_begin(void **state)
{
	struct taken *taken = calloc(1, sizeof *taken);
	void *place;
	uint8_t other[32];
	char folder[128];
	begin(&place);
	taken->place = place;
	taken->organisation = add_organisation(place, "alpha");
	taken->other = add_organisation(place, "beta");
	taken->sensor = add_sensor(taken, taken->organisation, taken->token);
	taken->other_sensor = add_sensor(taken, taken->other, other);
	struct keeper *keeper = &taken->keeper;
	keeper->process = &taken->process;
	keeper->store = keeper->center.store = taken->place->store;
	keeper->center.now = clock_now;
	snprintf(folder, sizeof folder, "%s/history", taken->place->folder);
	char records[160];
	snprintf(records, sizeof records, "%s/" RECORDS_FOLDER, folder);
	done(place, history_open(folder, &keeper->history, &taken->repair, &taken->place->failure));
	keeper->center.history = keeper->history;
	done(place, record_store_open(records, &keeper->records, &taken->place->failure));
	keeper->batches = batches;
	keeper->tallies = tallies;
	keeper->requests = requests;
	route_tables(keeper->tables);
	done(place, router_new(keeper->tables, &keeper->router, &taken->place->failure));
	*state = taken;
	return 0;
}

static int taken_end(void **state)
{
	struct taken *taken = *state;
	void *place = taken->place;
	record_store_close(taken->keeper.records);
	history_close(taken->keeper.history);
	router_free(taken->keeper.router);
	int code = end(&place);
	free(taken);
	return code;
}

/* What the front says of a batch, and of its one alert. */
struct claim {
	uint32_t organisation, sensor, lines, alerts, records, skipped, malformed;
	uint32_t record_organisation, record_sensor;
	uint64_t first, end, sequence, record_sequence, epoch;
	nanoseconds received, alert_received;
};

static struct claim honest(const struct taken *taken)
{
	return (struct claim){ .organisation = taken->organisation,
		.sensor = taken->sensor,
		.lines = 2,
		.alerts = 1,
		.records = 1,
		.record_organisation = taken->organisation,
		.record_sensor = taken->sensor,
		.record_sequence = 4,
		.first = 1,
		.end = 10,
		.sequence = 3,
		.epoch = 77,
		.received = clock_now(),
		.alert_received = clock_now() };
}

static void write_batch(const struct taken *taken, const struct claim *claim, struct builder *to)
{
	builder_clear(to);
	put_u8(to, CREDENTIAL_TOKEN);
	put_bytes(to, taken->token, 32);
	put_u64(to, 1);
	put_u64(to, 77);
	put_u64(to, claim->first);
	put_u64(to, claim->end);
	put_i64(to, claim->received);
	put_u32(to, claim->lines);
	put_u32(to, claim->alerts);
	put_u32(to, claim->records);
	put_u32(to, claim->skipped);
	put_u32(to, claim->malformed);
	put_u8(to, 1);
	const uint8_t says_nothing[1 + 8 + 8 + 4 + 1 + 8 + 8] = { 0 };
	put_bytes(to, says_nothing, sizeof says_nothing);
	struct builder encoded = { 0 };
	struct alert alert = { .id = { claim->sensor, { 1, claim->epoch }, claim->sequence },
		.organisation = claim->organisation,
		.occurred = claim->received,
		.received = claim->alert_received,
		.detector = TEXT("Suricata"),
		.signature = TEXT("forged"),
		.repeats = 1,
		.original = TEXT("{}") };
	alert_encode(&alert, &encoded);
	put_u32(to, (uint32_t)encoded.size);
	put_bytes(to, encoded.at, encoded.size);
	alert.id.sequence = claim->record_sequence;
	alert.id.sensor = claim->record_sensor;
	alert.organisation = claim->record_organisation;
	builder_clear(&encoded);
	alert_encode(&alert, &encoded);
	put_bytes(to, encoded.at, encoded.size);
	builder_free(&encoded);
}

static void count_hit(void *context, const struct history_hit *hit)
{
	(void)hit;
	++*(uint32_t *)context;
}

/* Whether anything of it came to rest. */
static bool rests(struct taken *taken, struct text body)
{
	struct message message = { .kind = MESSAGE_INGEST, .correlation = 1, .body = body };
	struct history_query everything = { .limit = 10 };
	uint32_t count = 0;
	uint64_t next;
	batches_receive(&taken->keeper, &message);
	assert_non_null(taken->keeper.history);
	done(taken->place, history_find(taken->keeper.history, taken->place->work, &everything, count_hit, &count,
			       &next, &taken->place->failure));
	struct record_place place = { 0 };
	done(taken->place, record_store_find(taken->keeper.records, taken->place->work, &everything, count_hit, &count,
			       &place, &taken->place->failure));
	return count > 0;
}

static void refused(struct taken *taken, struct claim claim)
{
	struct builder body = { 0 };
	write_batch(taken, &claim, &body);
	assert_false(rests(taken, (struct text){ body.at, body.size }));
	builder_free(&body);
	batches_round(&taken->keeper);
	assert_non_null(taken->keeper.history); /* one bad batch does not close it for the others */
}

static void test_batches_that_contradict_their_token_or_themselves_do_not_rest(void **state)
{
	struct taken *taken = *state;
	struct claim claim;
#define FORGE(field, value) (claim = honest(taken), claim.field = (value), refused(taken, claim))
#define DATE(value) (claim = honest(taken), claim.received = claim.alert_received = (value), refused(taken, claim))
	FORGE(organisation, taken->other);
	FORGE(sensor, taken->other_sensor);
	FORGE(epoch, 78);
	FORGE(sequence, 0);
	FORGE(sequence, 10);
	FORGE(first, 5);
	FORGE(end, 3);
	FORGE(alerts, 0);
	FORGE(alerts, 2);
	FORGE(alerts, UINT32_MAX);
	FORGE(lines, 0);
	FORGE(lines, 1);
	FORGE(records, 0);
	FORGE(records, 2);
	FORGE(records, UINT32_MAX);
	FORGE(record_organisation, taken->other);
	FORGE(record_sensor, taken->other_sensor);
	FORGE(record_sequence, 0);
	FORGE(record_sequence, 10);
	FORGE(skipped, 1000000);
	FORGE(malformed, 1000000);
	DATE(clock_now() + HOUR);
	DATE(clock_now() - 400 * DAY);
	DATE(INT64_MAX);
	DATE(INT64_MIN);
	FORGE(alert_received, clock_now() + SECOND);
#undef DATE
#undef FORGE
	claim = honest(taken);
	taken->token[0] ^= 1;
	refused(taken, claim);
	taken->token[0] ^= 1;
}

static void test_messages_that_are_cut_or_changed_do_not_rest(void **state)
{
	struct taken *taken = *state;
	struct claim claim = honest(taken);
	struct builder body = { 0 };
	write_batch(taken, &claim, &body);
	for (size_t size = 0; size < body.size; size++) {
		char *cut = malloc(size + 1); /* of its own, so that a sanitizer sees a read beyond it */
		memcpy(cut, body.at, size);
		assert_false(rests(taken, (struct text){ cut, size }));
		batches_round(&taken->keeper);
		assert_non_null(taken->keeper.history);
		free(cut);
	}
	build_text(&body, TEXT("more"));
	assert_false(rests(taken, (struct text){ body.at, body.size }));
	batches_round(&taken->keeper);
	body.size -= 4;
	assert_true(rests(taken, (struct text){ body.at, body.size })); /* and as it was, it does */
	builder_free(&body);
}

static void test_requests_that_fit_no_route_change_nothing(void **state)
{
	struct taken *taken = *state;
	static const char *const names[] = { "organisation-create", "account-create", "event-confirm",
		"password-change", "no-such" };
	static const uint8_t none[32];
	uint8_t bytes[600];
	for (unsigned i = 0; i < 4000; i++) {
		struct builder body = { 0 };
		uint32_t dice;
		random_bytes(&dice, sizeof dice);
		random_bytes(bytes, sizeof bytes);
		put_text(&body, text_of(names[dice % 5]));
		put_bytes(&body, bytes, 32);
		put_bytes(&body, dice & 64 ? taken->token : bytes + 32, 32);
		put_bytes(&body, bytes + 64, 32);
		put_bytes(&body, dice & 32 ? bytes + 96 : none, 32);
		put_text(&body, TEXT_NONE);
		put_text(&body, TEXT_NONE);
		put_u64(&body, 0);
		put_text(&body, TEXT("key"));
		put_text(&body, TEXT("en"));
		put_text(&body, TEXT("127.0.0.1"));
		put_bytes(&body, bytes, dice >> 8 & 511);
		struct message message = { .kind = MESSAGE_CALL, .correlation = i, .body = { body.at, body.size } };
		requests_receive(&taken->keeper, &message);
		requests_round(&taken->keeper);
		builder_free(&body);
	}
	struct policy_snapshot snapshot;
	done(taken->place,
	    store_snapshot(taken->place->store, time_now(), taken->place->arena, &snapshot, &taken->place->failure));
	assert_int_equal(snapshot.organisation_count, 2);
}

/* Batches come another way: their route has no handler in the keeper. */
static void test_a_batch_that_comes_as_a_request_is_refused(void **state)
{
	struct taken *taken = *state;
	static const uint8_t none[32];
	struct builder body = { 0 };
	put_text(&body, TEXT("alert-append"));
	put_bytes(&body, none, 32);
	put_bytes(&body, taken->token, 32);
	put_bytes(&body, none, 32);
	put_bytes(&body, none, 32);
	put_text(&body, TEXT_NONE);
	put_text(&body, TEXT_NONE);
	put_u64(&body, 0);
	put_text(&body, TEXT(""));
	put_text(&body, TEXT("en"));
	put_text(&body, TEXT("127.0.0.1"));
	put_u16(&body, 0);
	struct request request = { .keeper = &taken->keeper };
	assert_false(request_decode(&request, (struct text){ body.at, body.size }, &taken->place->failure));
	struct message message = { .kind = MESSAGE_CALL, .correlation = 1, .body = { body.at, body.size } };
	requests_receive(&taken->keeper, &message);
	requests_round(&taken->keeper);
	builder_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_batches_that_contradict_their_token_or_themselves_do_not_rest, taken_begin, taken_end),
		cmocka_unit_test_setup_teardown(
		    test_messages_that_are_cut_or_changed_do_not_rest, taken_begin, taken_end),
		cmocka_unit_test_setup_teardown(test_requests_that_fit_no_route_change_nothing, taken_begin, taken_end),
		cmocka_unit_test_setup_teardown(
		    test_a_batch_that_comes_as_a_request_is_refused, taken_begin, taken_end),
	};
	return cmocka_run_group_tests_name("taken front", tests, make_once, NULL);
}
