/*
 * Enrolments and certificates in the store: what is set once stays, what is asked for by a digest is found by it alone,
 * and the first use of a new certificate takes the place of those before it, of the same enrolment and no other.
 */
#include "store_place.h"

#define NOW ((nanoseconds)1700000000 * SECOND)

static uint32_t add_sensor(struct place *place, uint32_t organisation, const char *name)
{
	struct sensor sensor = { .organisation = organisation };
	snprintf(sensor.name, sizeof sensor.name, "%s", name);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_sensor_put(place->store, place->work, &sensor, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return sensor.number;
}

static struct enrolment add_enrolment(struct place *place, uint32_t organisation, uint32_t sensor)
{
	struct enrolment enrolment = {
		.sensor = sensor, .organisation = organisation, .by = "somebody", .created = NOW, .expires = NOW + DAY
	};
	random_bytes(enrolment.digest, sizeof enrolment.digest);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_enrolment_put(place->store, place->work, &enrolment, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return enrolment;
}

static struct machine_certificate add_certificate(
    struct place *place, const struct enrolment *enrolment, nanoseconds issued)
{
	struct machine_certificate certificate = { .serial = uuid_random(),
		.sensor = enrolment->sensor,
		.organisation = enrolment->organisation,
		.enrolment = enrolment->id,
		.issued = issued,
		.not_before = issued - MINUTE,
		.not_after = issued + DAY,
		.size = 5,
		.der = "bytes" };
	random_bytes(certificate.digest, sizeof certificate.digest);
	random_bytes(certificate.key, sizeof certificate.key);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_certificate_put(place->store, place->work, &certificate, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return certificate;
}

static struct machine_certificate found(struct place *place, const struct machine_certificate *which)
{
	struct machine_certificate certificate;
	done(place, store_certificate_find(place->store, place->work, which->digest, &certificate, &place->failure));
	assert_true(uuid_equal(certificate.serial, which->serial));
	return certificate;
}

static void use(struct place *place, const struct machine_certificate *certificate, nanoseconds when)
{
	done(place, store_begin(place->store, &place->failure));
	done(place, store_certificate_used(place->store, place->work, certificate, when, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

static void test_an_enrolment_is_used_once_and_stays_so(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "alpha");
	struct enrolment enrolment = add_enrolment(place, organisation, add_sensor(place, organisation, "edge")), read;
	enrolment.used = NOW + 1;
	memset(enrolment.key, 1, sizeof enrolment.key);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_enrolment_put(place->store, place->work, &enrolment, &place->failure));
	enrolment.used = NOW + 2;
	memset(enrolment.key, 2, sizeof enrolment.key);
	enrolment.withdrawn = NOW + 3;
	done(place, store_enrolment_put(place->store, place->work, &enrolment, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	reopen(place);
	done(place, store_enrolment_find(place->store, place->work, enrolment.digest, &read, &place->failure));
	assert_int_equal(read.used, NOW + 1);
	assert_int_equal(read.key[0], 1);
	assert_int_equal(read.withdrawn, NOW + 3);
	assert_string_equal(read.by, "somebody");
	enrolment.digest[0] ^= 1;
	assert_int_equal(
	    store_enrolment_find(place->store, place->work, enrolment.digest, &read, &place->failure), ERROR_NOT_FOUND);
}

static void test_the_first_use_of_a_new_certificate_supersedes_the_older_ones_of_its_enrolment(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "alpha"), sensor = add_sensor(place, organisation, "edge");
	struct enrolment one = add_enrolment(place, organisation, sensor),
			 other = add_enrolment(place, organisation, sensor);
	struct machine_certificate first = add_certificate(place, &one, NOW),
				   second = add_certificate(place, &one, NOW + 1),
				   third = add_certificate(place, &one, NOW + 2),
				   apart = add_certificate(place, &other, NOW);
	use(place, &first, NOW + 10);
	assert_int_equal(found(place, &first).used, NOW + 10);
	use(place, &second, NOW + 20);
	use(place, &second, NOW + 30); /* the first one counts */
	assert_int_equal(found(place, &second).used, NOW + 20);
	assert_int_equal(found(place, &first).superseded, NOW + 20);
	assert_int_equal(found(place, &second).superseded, 0);
	assert_int_equal(found(place, &third).superseded, 0);
	assert_int_equal(found(place, &apart).superseded, 0);
	first = found(place, &first);
	assert_int_equal(certificate_state(&first, NOW + 20 + CERTIFICATE_OVERLAP - 1), CERTIFICATE_GOOD);
	assert_int_equal(certificate_state(&first, NOW + 20 + CERTIFICATE_OVERLAP), CERTIFICATE_SUPERSEDED);
}

static void test_a_certificate_is_good_within_its_time_until_it_is_revoked(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "alpha");
	struct enrolment enrolment = add_enrolment(place, organisation, add_sensor(place, organisation, "edge"));
	struct machine_certificate certificate = add_certificate(place, &enrolment, NOW), read;
	read = found(place, &certificate);
	assert_int_equal(read.size, 5);
	assert_memory_equal(read.der, "bytes", 5);
	assert_int_equal(certificate_state(&read, NOW - MINUTE - 1), CERTIFICATE_EARLY);
	assert_int_equal(certificate_state(&read, NOW - MINUTE), CERTIFICATE_GOOD);
	assert_int_equal(certificate_state(&read, NOW + DAY - 1), CERTIFICATE_GOOD);
	assert_int_equal(certificate_state(&read, NOW + DAY), CERTIFICATE_EXPIRED);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_certificate_revoke(place->store, place->work, &certificate, "me", NOW + 5, &place->failure));
	done(place, store_certificate_revoke(place->store, place->work, &certificate, "you", NOW + 6, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	read = found(place, &certificate);
	assert_int_equal(read.revoked, NOW + 5);
	assert_string_equal(read.revoked_by, "me");
	assert_int_equal(certificate_state(&read, NOW + 6), CERTIFICATE_REVOKED);
	done(place,
	    store_certificate_of_key(place->store, place->work, enrolment.id, certificate.key, &read, &place->failure));
	certificate.key[3] ^= 1;
	assert_int_equal(
	    store_certificate_of_key(place->store, place->work, enrolment.id, certificate.key, &read, &place->failure),
	    ERROR_NOT_FOUND);
}

static void count(void *context, const struct machine_certificate *certificate)
{
	(void)certificate;
	++*(unsigned *)context;
}

static void test_a_member_reaches_the_machines_of_its_own_organisation_alone(void **state)
{
	struct place *place = *state;
	uint32_t numbers[] = { add_organisation(place, "alpha"), add_organisation(place, "beta") };
	struct enrolment enrolments[2];
	struct machine_certificate certificates[2], read;
	struct enrolment found_enrolment;
	for (int i = 0; i < 2; i++) {
		enrolments[i] = add_enrolment(place, numbers[i], add_sensor(place, numbers[i], "edge"));
		certificates[i] = add_certificate(place, &enrolments[i], NOW);
	}
	const struct scope *reads = scope_of(place, ROLE_MEMBER, numbers[0], ACTION_SENSOR_READ);
	const struct scope *enrols = scope_of(place, ROLE_MEMBER, numbers[0], ACTION_SENSOR_ENROL);
	unsigned seen = 0;
	done(place, store_certificate_each(place->store, reads, 0, 100, count, &seen, &place->failure));
	assert_int_equal(seen, 1);
	assert_int_equal(store_certificate_get(place->store, reads, certificates[1].serial, &read, &place->failure),
	    ERROR_NOT_FOUND);
	assert_int_equal(store_enrolment_get(place->store, enrols, enrolments[1].id, &found_enrolment, &place->failure),
	    ERROR_NOT_FOUND);
	struct enrolment foreign = { .sensor = enrolments[1].sensor, .organisation = numbers[1], .created = NOW };
	done(place, store_begin(place->store, &place->failure));
	assert_int_not_equal(store_enrolment_put(place->store, enrols, &foreign, &place->failure), OK);
	assert_int_not_equal(
	    store_certificate_revoke(place->store, reads, &certificates[0], "me", NOW, &place->failure), OK);
	store_rollback(place->store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_an_enrolment_is_used_once_and_stays_so),
		TEST(test_the_first_use_of_a_new_certificate_supersedes_the_older_ones_of_its_enrolment),
		TEST(test_a_certificate_is_good_within_its_time_until_it_is_revoked),
		TEST(test_a_member_reaches_the_machines_of_its_own_organisation_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
