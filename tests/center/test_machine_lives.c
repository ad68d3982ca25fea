/*
 * Random lives of machines against a model of who is to be let in: enrolments made, used, used again and withdrawn,
 * certificates renewed, used, revoked and left to end, sensors revoked, organisations suspended and let in again, time
 * going by. After each step every certificate asks the centre who it is; the answer must be the model's, and its own
 * sensor's, never another's.
 *
 * 60 lives of 60 steps; 2,000 with NOROSHI_LONG=1. NOROSHI_SEED repeats a run.
 */
#include "inside.h"
#include "net/signing_request.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 60
#define SENSORS 4
#define ORGANISATIONS 2
#define MOST 40
#define LIFE (7 * DAY)

/* What the model knows of one certificate. */
struct known {
	uint8_t digest[32];
	struct uuid serial;
	unsigned sensor, enrolment; /* places in the life */
	nanoseconds issued, superseded;
	bool used, revoked;
};

struct life {
	struct inside *inside;
	uint64_t dice;
	struct key administrator;
	uint32_t organisations[ORGANISATIONS], sensors[SENSORS];
	bool suspended[ORGANISATIONS], ended[SENSORS];
	struct enrolled {
		char token[64], id[UUID_TEXT];
		unsigned sensor;
		nanoseconds expires;
		bool used, withdrawn;
		char key[MACHINE_KEY_TEXT];
	} enrolments[MOST];
	unsigned enrolment_count;
	struct known certificates[MOST];
	unsigned certificate_count;
	unsigned let_in, refused; /* what was met, over all lives */
};

static uint32_t below(struct life *life, uint32_t limit)
{
	life->dice ^= life->dice << 13;
	life->dice ^= life->dice >> 7;
	life->dice ^= life->dice << 17;
	return (uint32_t)(life->dice >> 33) % limit;
}

/* ── asking the centre ─ */

static struct reply ask(struct life *life, const struct key *key, const char *name, json_t *fields)
{
	const struct visit visit = { .key = key };
	struct reply reply = inside_call(life->inside, &visit, inside_route(life->inside, name), fields);
	/* As the keeper's tick does about every second. */
	subjects_tick(&life->inside->keeper);
	return reply;
}

static struct key machine_key(const struct known *known)
{
	struct key key = { .role = ROLE_SENSOR };
	memcpy(key.certificate, known->digest, sizeof key.certificate);
	return key;
}

/* A point on the curve of its own: a new key's. */
static void new_key(char hex[static MACHINE_KEY_TEXT])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t point[MACHINE_KEY];
	size_t size = 0;
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size), 1);
	hex_format(point, sizeof point, hex);
	EVP_PKEY_free(key);
}

/* ── the model ─ */

static unsigned organisation_of(unsigned sensor)
{
	return sensor % ORGANISATIONS;
}

static bool is_good(const struct life *life, const struct known *known)
{
	nanoseconds now = inside_clock();
	return !known->revoked && !life->ended[known->sensor] && now < known->issued + LIFE &&
	       !(known->superseded && now - known->superseded >= CERTIFICATE_OVERLAP);
}

static bool stands(const struct life *life, unsigned sensor)
{
	return !life->ended[sensor] && !life->suspended[organisation_of(sensor)];
}

static void note_use(struct life *life, struct known *known)
{
	if (known->used)
		return;
	known->used = true;
	for (unsigned i = 0; i < life->certificate_count; i++) {
		struct known *other = &life->certificates[i];
		if (other->enrolment == known->enrolment && other->issued < known->issued && !other->superseded)
			other->superseded = inside_clock();
	}
}

/* Of a sensor, as the centre counts them before it gives another one. */
static unsigned good_of(const struct life *life, unsigned sensor)
{
	unsigned count = 0;
	for (unsigned i = 0; i < life->certificate_count; i++)
		count += life->certificates[i].sensor == sensor && is_good(life, &life->certificates[i]);
	return count;
}

/* The certificate in an answer is new to the model, or the one it gave for the same key before. */
static void take(struct life *life, const struct reply *reply, unsigned enrolment)
{
	struct uuid serial;
	const char *id = json_string_value(json_object_get(reply->output, "id"));
	assert_true(uuid_parse(text_of(id), &serial));
	for (unsigned i = 0; i < life->certificate_count; i++)
		if (uuid_equal(life->certificates[i].serial, serial))
			return;
	struct machine_certificate certificate;
	struct inside *inside = life->inside;
	inside_fine(inside, store_certificate_get(inside->store, inside->work, serial, &certificate, &inside->failure));
	struct known *known = &life->certificates[life->certificate_count++];
	*known = (struct known){ .serial = serial,
		.sensor = life->enrolments[enrolment].sensor,
		.enrolment = enrolment,
		.issued = inside_clock() };
	memcpy(known->digest, certificate.digest, sizeof known->digest);
	assert_int_equal(certificate.sensor, life->sensors[known->sensor]);
}

/* ── steps ─ */

static void make_enrolment(struct life *life)
{
	unsigned sensor = below(life, SENSORS);
	if (life->enrolment_count == MOST)
		return;
	json_t *fields =
	    json_pack("{s:i,s:i}", "number", (int)life->sensors[sensor], "valid", 60 + (int)below(life, 7200));
	int valid = (int)json_integer_value(json_object_get(fields, "valid"));
	struct reply reply = ask(life, &life->administrator, "enrolment-create", fields);
	assert_int_equal(reply.status, life->ended[sensor] ? 409 : 201);
	if (reply.status == 201) {
		struct enrolled *made = &life->enrolments[life->enrolment_count++];
		*made = (struct enrolled){ .sensor = sensor, .expires = inside_clock() + valid * SECOND };
		snprintf(
		    made->token, sizeof made->token, "%s", json_string_value(json_object_get(reply.output, "token")));
		snprintf(made->id, sizeof made->id, "%s", json_string_value(json_object_get(reply.output, "id")));
	}
	reply_free(&reply);
}

/* The newest of an enrolment's first key, which is what the same key is given again. */
static const struct known *first_of(const struct life *life, unsigned enrolment)
{
	for (unsigned i = 0; i < life->certificate_count; i++)
		if (life->certificates[i].enrolment == enrolment)
			return &life->certificates[i];
	return NULL;
}

static void use_enrolment(struct life *life)
{
	if (life->enrolment_count == 0 || life->certificate_count == MOST)
		return;
	unsigned place = below(life, life->enrolment_count);
	struct enrolled *enrolled = &life->enrolments[place];
	bool same = enrolled->used && below(life, 2);
	char key[MACHINE_KEY_TEXT];
	if (same)
		strcpy(key, enrolled->key);
	else
		new_key(key);
	bool in_time = inside_clock() < enrolled->expires && !enrolled->withdrawn;
	const struct known *first = first_of(life, place);
	/* What was given before is told again; whether the sensor still stands each request then finds out. */
	bool again = same && in_time && first && !first->revoked && inside_clock() < first->issued + LIFE &&
		     !(first->superseded && inside_clock() - first->superseded >= CERTIFICATE_OVERLAP);
	bool fresh = !enrolled->used && in_time && stands(life, enrolled->sensor);
	bool full = fresh && good_of(life, enrolled->sensor) >= 16;
	struct reply reply =
	    ask(life, NULL, "machine-enrol", json_pack("{s:s,s:s}", "token", enrolled->token, "request", key));
	assert_int_equal(reply.status, full ? 429 : again || fresh ? 201 : 403);
	if (reply.status == 201) {
		if (!enrolled->used)
			strcpy(enrolled->key, key);
		enrolled->used = true;
		take(life, &reply, place);
	}
	reply_free(&reply);
}

static void renew(struct life *life)
{
	if (life->certificate_count == 0 || life->certificate_count == MOST)
		return;
	struct known *known = &life->certificates[below(life, life->certificate_count)];
	struct key key = machine_key(known);
	char hex[MACHINE_KEY_TEXT];
	new_key(hex);
	bool good = is_good(life, known), active = stands(life, known->sensor);
	bool full = good && active && good_of(life, known->sensor) >= 16;
	struct reply reply = ask(life, &key, "machine-renew", json_pack("{s:s}", "request", hex));
	assert_int_equal(reply.status, !good ? 401 : !active ? 403 : full ? 429 : 201);
	if (good)
		note_use(life, known);
	if (reply.status == 201)
		take(life, &reply, known->enrolment);
	reply_free(&reply);
}

static void revoke(struct life *life)
{
	char text[UUID_TEXT];
	if (life->certificate_count == 0)
		return;
	struct known *known = &life->certificates[below(life, life->certificate_count)];
	struct reply reply = ask(life, &life->administrator, "certificate-revoke",
	    json_pack("{s:s}", "serial", uuid_format(known->serial, text)));
	assert_int_equal(reply.status, 204);
	known->revoked = true;
	reply_free(&reply);
}

static void withdraw(struct life *life)
{
	if (life->enrolment_count == 0)
		return;
	struct enrolled *enrolled = &life->enrolments[below(life, life->enrolment_count)];
	struct reply reply =
	    ask(life, &life->administrator, "enrolment-withdraw", json_pack("{s:s}", "id", enrolled->id));
	assert_int_equal(reply.status, 204);
	enrolled->withdrawn = true;
	reply_free(&reply);
}

static void suspend(struct life *life)
{
	unsigned place = below(life, ORGANISATIONS);
	life->suspended[place] = !life->suspended[place];
	struct reply reply = ask(life, &life->administrator, "organisation-change",
	    json_pack("{s:i,s:b}", "number", (int)life->organisations[place], "active", !life->suspended[place]));
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void end_sensor(struct life *life)
{
	unsigned place = below(life, SENSORS);
	if (below(life, 3))
		return; /* not too often: it is for good */
	struct reply reply =
	    ask(life, &life->administrator, "sensor-revoke", json_pack("{s:i}", "number", (int)life->sensors[place]));
	assert_int_equal(reply.status, 204);
	life->ended[place] = true;
	reply_free(&reply);
}

static void let_time_go_by(struct life *life)
{
	static const nanoseconds steps[] = { SECOND, MINUTE, CERTIFICATE_OVERLAP, HOUR, DAY, 3 * DAY };
	inside_set_clock(inside_clock() + steps[below(life, sizeof steps / sizeof *steps)]);
}

/* ── each certificate asks who it is ─ */

static void ask_all(struct life *life)
{
	for (unsigned i = 0; i < life->certificate_count; i++) {
		struct known *known = &life->certificates[i];
		struct key key = machine_key(known);
		bool good = is_good(life, known), active = stands(life, known->sensor);
		/* Not all each time: what is not used supersedes nothing. */
		if (!known->used && below(life, 4))
			continue;
		struct reply reply = ask(life, &key, "machine-read", json_object());
		uint16_t expected = !good ? 401 : !active ? 403 : 200;
		if (reply.status != expected)
			fail_msg("certificate %u: %u instead of %u: %s", i, reply.status, expected, reply.problem);
		if (reply.status == 200) {
			assert_int_equal(
			    json_integer_value(json_object_get(reply.output, "sensor")), life->sensors[known->sensor]);
			assert_int_equal(json_integer_value(json_object_get(reply.output, "organisation")),
			    life->organisations[organisation_of(known->sensor)]);
		}
		life->let_in += reply.status == 200;
		life->refused += reply.status != 200;
		if (good)
			note_use(life, known);
		reply_free(&reply);
	}
}

static void begin_life(struct life *life, uint64_t seed)
{
	*life =
	    (struct life){ .dice = seed * 0x9e3779b97f4a7c15u | 1, .let_in = life->let_in, .refused = life->refused };
	inside_set_randomness(seed);
	struct inside *inside = life->inside = inside_open(false);
	struct account account = { .role = ROLE_ADMINISTRATOR, .name = "administrator" };
	life->administrator = inside_add_account(inside, &account);
	inside->process.settings.certificate_life = LIFE;
	for (unsigned i = 0; i < ORGANISATIONS; i++) {
		struct organisation organisation = { .active = true, .title_en = "Organisation" };
		snprintf(organisation.name, sizeof organisation.name, "organisation-%u", i);
		life->organisations[i] = inside_add_organisation(inside, &organisation);
	}
	for (unsigned i = 0; i < SENSORS; i++) {
		struct sensor sensor = { .organisation = life->organisations[organisation_of(i)] };
		snprintf(sensor.name, sizeof sensor.name, "sensor-%u", i);
		inside_fine(inside, store_begin(inside->store, &inside->failure));
		inside_fine(inside, store_sensor_put(inside->store, inside->work, &sensor, &inside->failure));
		inside_fine(inside, store_commit(inside->store, &inside->failure));
		life->sensors[i] = sensor.number;
	}
}

static void test_who_is_let_in_is_who_should_be(void **state)
{
	(void)state;
	static void (*const steps[])(struct life *) = { make_enrolment, make_enrolment, use_enrolment, use_enrolment,
		use_enrolment, renew, renew, renew, revoke, withdraw, suspend, end_sensor, let_time_go_by,
		let_time_go_by };
	const char *given = getenv("NOROSHI_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 1;
	unsigned lives = getenv("NOROSHI_LONG") ? 2000 : 60;
	struct life *life = calloc(1, sizeof *life);
	assert_non_null(life);
	for (unsigned i = 0; i < lives; i++) {
		print_message("# NOROSHI_SEED=%llu\n", (unsigned long long)(first + i));
		begin_life(life, first + i);
		for (unsigned step = 0; step < STEPS; step++) {
			inside_set_clock(inside_clock() + MICROSECOND); /* no two certificates of one moment */
			steps[below(life, sizeof steps / sizeof *steps)](life);
			ask_all(life);
		}
		inside_close(life->inside);
	}
	print_message("# %u let in, %u refused\n", life->let_in, life->refused);
	assert_true(life->let_in > lives * 10 && life->refused > lives * 10); /* else nothing was tried */
	free(life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_let_in_is_who_should_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
