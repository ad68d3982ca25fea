/*
 * The parts of the centre that need no process: addresses to listen on, settings that go together, wishes over the
 * wire, the throttle of wrong passwords, descriptors over a link, Argon2id on its thread.
 */
#include "center/link.h"
#include "center/passwords.h"
#include "center/request.h"
#include "center/settings.h"
#include "center/wishes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_addresses_to_listen_on_are_told_from_others(void **state)
{
	(void)state;
	char host[64];
	uint16_t port;
	assert_true(listen_parse("127.0.0.1:8443", host, &port));
	assert_string_equal(host, "127.0.0.1");
	assert_int_equal(port, 8443);
	assert_true(listen_parse("[::1]:0", host, &port));
	assert_string_equal(host, "::1");
	static const char *const wrong[] = { "", ":", "127.0.0.1", "localhost:80", "127.0.0.1:65536", "127.0.0.1:-1",
		"127.0.0.1:80x", "[::1:80", "1.2.3:4" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(listen_parse(wrong[i], host, &port));
}

static void test_only_loopback_is_loopback(void **state)
{
	(void)state;
	assert_true(host_is_loopback("127.0.0.1"));
	assert_true(host_is_loopback("127.255.0.9"));
	assert_true(host_is_loopback("::1"));
	assert_false(host_is_loopback("0.0.0.0"));
	assert_false(host_is_loopback("::"));
	assert_false(host_is_loopback("128.0.0.1"));
	assert_false(host_is_loopback("192.0.2.1"));
	assert_false(host_is_loopback("2001:db8::1"));
	assert_false(host_is_loopback("localhost"));
}

static enum error check(const char *listen, const char *key, const char *certificate)
{
	struct center_settings settings = {
		.listen = (char *)listen,
		.tls_key = (char *)key,
		.tls_certificate = (char *)certificate,
	};
	struct failure failure;
	return settings_check(&settings, &failure);
}

static void test_beyond_loopback_a_key_is_needed(void **state)
{
	(void)state;
	assert_int_equal(check("127.0.0.1:1", "", ""), OK);
	assert_int_equal(check("0.0.0.0:1", "", ""), ERROR_USAGE);
	assert_int_equal(check("[::]:1", "", ""), ERROR_USAGE);
	assert_int_equal(check("192.0.2.1:1", "/k", "/c"), OK);
	assert_int_equal(check("127.0.0.1:1", "/k", ""), ERROR_USAGE);
	assert_int_equal(check("127.0.0.1:1", "", "/c"), ERROR_USAGE);
}

static void test_wishes_come_back_as_they_were_and_short_ones_are_refused(void **state)
{
	(void)state;
	struct wishes wishes = { .ephemeral = true, .organisation_count = 2 }, back;
	strcpy(wishes.listen, "127.0.0.1:0");
	strcpy(wishes.state, "/tmp/x");
	strcpy(wishes.organisations[0], "alpha");
	strcpy(wishes.organisations[1], "beta");
	struct builder bytes = { 0 };
	wishes_encode(&wishes, &bytes);
	struct reader from = reader_of(bytes.at, bytes.size);
	assert_true(wishes_decode(&from, &back));
	assert_true(reader_done(&from));
	assert_string_equal(back.organisations[1], "beta");
	assert_string_equal(back.state, "/tmp/x");
	assert_true(back.ephemeral);
	for (size_t size = 0; size < bytes.size; size++) {
		from = reader_of(bytes.at, size);
		assert_false(wishes_decode(&from, &back));
	}
	builder_free(&bytes);
}

static void test_five_wrong_passwords_are_free_and_then_the_wait_doubles(void **state)
{
	(void)state;
	struct throttle *throttle = throttle_new();
	nanoseconds now = 1000 * SECOND;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(throttle_wait(throttle, "name", "a", now), 0);
		throttle_failed(throttle, "name", "a", now);
	}
	assert_int_equal(throttle_wait(throttle, "name", "a", now), 0);
	nanoseconds expected = SECOND;
	for (int i = 0; i < 20; i++) {
		throttle_failed(throttle, "name", "a", now);
		assert_int_equal(
		    throttle_wait(throttle, "name", "a", now), expected < 15 * MINUTE ? expected : 15 * MINUTE);
		expected *= 2;
	}
	assert_int_equal(throttle_wait(throttle, "name", "b", now), 0);
	assert_int_equal(throttle_wait(throttle, "address", "a", now), 0);
	throttle_passed(throttle, "name", "a");
	assert_int_equal(throttle_wait(throttle, "name", "a", now), 0);
	throttle_free(throttle);
}

static void test_an_hour_without_a_try_forgets(void **state)
{
	(void)state;
	struct throttle *throttle = throttle_new();
	for (int i = 0; i < 9; i++)
		throttle_failed(throttle, "name", "a", SECOND);
	throttle_failed(throttle, "name", "a", 2 * HOUR);
	assert_int_equal(throttle_wait(throttle, "name", "a", 2 * HOUR), 0);
	throttle_free(throttle);
}

/* Whoever guesses at a name makes others wait, not the person who signed in at that address before. */
static void test_guessing_at_a_name_does_not_shut_its_person_out(void **state)
{
	(void)state;
	struct throttle *throttle = throttle_new();
	nanoseconds now = 1000 * SECOND;
	throttle_sign_in_passed(throttle, "aoi", "192.0.2.1", now);
	for (int i = 0; i < 30; i++)
		throttle_sign_in_failed(throttle, "aoi", "198.51.100.7", now);
	assert_true(throttle_sign_in_wait(throttle, "aoi", "198.51.100.7", 0, now) > 0);
	assert_true(throttle_sign_in_wait(throttle, "aoi", "203.0.113.5", 0, now) > 0);
	assert_int_equal(throttle_sign_in_wait(throttle, "aoi", "192.0.2.1", now + HOUR, now), 0);
	assert_int_equal(throttle_sign_in_wait(throttle, "ren", "203.0.113.5", 0, now), 0);
	/* and a neighbour's fumbling does not, but one's own does */
	for (int i = 0; i < 30; i++)
		throttle_sign_in_failed(throttle, "ren", "192.0.2.1", now);
	assert_int_equal(throttle_sign_in_wait(throttle, "aoi", "192.0.2.1", 0, now), 0);
	assert_true(throttle_sign_in_wait(throttle, "mio", "192.0.2.1", 0, now) > 0);
	for (int i = 0; i < 6; i++)
		throttle_sign_in_failed(throttle, "aoi", "192.0.2.1", now);
	assert_true(throttle_sign_in_wait(throttle, "aoi", "192.0.2.1", 0, now) > 0);
	throttle_free(throttle);
}

static void test_one_right_password_buys_no_guesses_at_others(void **state)
{
	(void)state;
	struct throttle *throttle = throttle_new();
	nanoseconds now = 1000 * SECOND;
	char name[32];
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "victim%d", i);
		throttle_sign_in_failed(throttle, name, "2001:db8::1", now);
		throttle_sign_in_passed(throttle, "mallory", "2001:db8::1", now);
	}
	assert_true(throttle_sign_in_wait(throttle, "another", "2001:db8::1", 0, now) > 0);
	/* the whole /64 is one address */
	assert_true(throttle_sign_in_wait(throttle, "another", "2001:db8::ffff:2", 0, now) > 0);
	assert_int_equal(throttle_sign_in_wait(throttle, "another", "2001:db8:0:1::1", 0, now), 0);
	throttle_free(throttle);
}

static void test_one_organisation_cannot_use_up_the_time_of_all(void **state)
{
	(void)state;
	struct shares *shares = shares_new();
	const struct subject member = { .account = uuid_random(), .role = ROLE_MEMBER, .organisation = 7 };
	const struct subject colleague = { .account = uuid_random(), .role = ROLE_MEMBER, .organisation = 7 };
	const struct subject other = { .account = uuid_random(), .role = ROLE_MEMBER, .organisation = 8 };
	const struct subject analyst = { .account = uuid_random(), .role = ROLE_ANALYST };
	nanoseconds now = 1000 * SECOND;
	assert_int_equal(shares_wait(shares, &member, now), 0);
	for (int i = 0; i < 10; i++)
		shares_charge(shares, &member, SECOND / 5, now); /* two seconds; one was free */
	assert_true(shares_wait(shares, &member, now) > 3 * SECOND);
	assert_true(shares_wait(shares, &colleague, now) > 3 * SECOND);
	assert_int_equal(shares_wait(shares, &other, now), 0);
	assert_int_equal(shares_wait(shares, &analyst, now), 0);
	assert_int_equal(shares_wait(shares, &member, now + 5 * SECOND), 0);
	shares_charge(shares, &analyst, 9 * SECOND, now);
	assert_int_equal(shares_wait(shares, &analyst, now), 0);
	/* a flood of others does not make it forget without end: the table is bounded, and still works */
	for (uint32_t i = 0; i < 100000; i++) {
		const struct subject one = { .account = uuid_random(), .role = ROLE_MEMBER, .organisation = 100 + i };
		shares_charge(shares, &one, 2 * SECOND, now + i);
		assert_true(shares_wait(shares, &one, now + i) > 0);
	}
	shares_free(shares);
}

static void test_a_flood_of_names_stays_within_the_table(void **state)
{
	(void)state;
	struct throttle *throttle = throttle_new();
	char name[32];
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "n%d", i);
		throttle_failed(throttle, "name", name, SECOND + i);
	}
	for (int i = 0; i < 7; i++)
		throttle_failed(throttle, "name", "last", 2 * SECOND);
	assert_true(throttle_wait(throttle, "name", "last", 2 * SECOND) > 0);
	throttle_free(throttle);
}

static void test_a_descriptor_crosses_a_link(void **state)
{
	(void)state;
	struct failure failure;
	int link[2], pipe_ends[2], got;
	uint8_t peer;
	char byte = 0;
	assert_int_equal(link_pair(link, &failure), OK);
	assert_int_equal(link_receive(link[1], &peer, &got, &failure), ERROR_AGAIN);
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(link_send(link[0], 2, pipe_ends[1], &failure), OK);
	close(pipe_ends[1]);
	assert_int_equal(link_receive(link[1], &peer, &got, &failure), OK);
	assert_int_equal(peer, 2);
	assert_int_equal(write(got, "x", 1), 1);
	assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(link[0]);
	assert_int_equal(link_receive(link[1], &peer, &got, &failure), ERROR_END);
	close(link[1]);
}

struct expectation {
	struct loop *loop;
	struct passwords *passwords;
	char hash[PASSWORD_HASH];
	int step;
};

static void next_answer(void *context, bool matches, const char *hash)
{
	struct expectation *expectation = context;
	struct text right = TEXT("correct horse"), wrong = TEXT("battery staple");
	switch (expectation->step++) {
	case 0: /* the hash of a new one */
		assert_true(matches);
		assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
		strcpy(expectation->hash, hash);
		passwords_ask(expectation->passwords, true, expectation->hash, right, TEXT_NONE, next_answer, context);
		break;
	case 1:
		assert_true(matches);
		passwords_ask(expectation->passwords, true, expectation->hash, wrong, right, next_answer, context);
		break;
	case 2: /* wrong: and nothing new is hashed */
		assert_false(matches);
		assert_string_equal(hash, "");
		passwords_ask(expectation->passwords, true, "", right, TEXT_NONE, next_answer, context);
		break;
	default: /* no such account never matches */
		assert_false(matches);
		loop_stop(expectation->loop);
	}
}

static void test_passwords_are_hashed_and_checked_beside_the_loop(void **state)
{
	(void)state;
	struct expectation expectation = { 0 };
	struct failure failure;
	assert_int_equal(loop_new(&expectation.loop, &failure), OK);
	assert_int_equal(passwords_new(expectation.loop, &expectation.passwords, &failure), OK);
	assert_int_equal(passwords_ask(expectation.passwords, false, "", TEXT_NONE, TEXT("correct horse"), next_answer,
			     &expectation),
	    OK);
	assert_int_equal(loop_run(expectation.loop, &failure), OK);
	assert_int_equal(expectation.step, 4);
	passwords_free(expectation.passwords);
	loop_free(expectation.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_to_listen_on_are_told_from_others),
		cmocka_unit_test(test_only_loopback_is_loopback),
		cmocka_unit_test(test_beyond_loopback_a_key_is_needed),
		cmocka_unit_test(test_wishes_come_back_as_they_were_and_short_ones_are_refused),
		cmocka_unit_test(test_five_wrong_passwords_are_free_and_then_the_wait_doubles),
		cmocka_unit_test(test_an_hour_without_a_try_forgets),
		cmocka_unit_test(test_guessing_at_a_name_does_not_shut_its_person_out),
		cmocka_unit_test(test_one_right_password_buys_no_guesses_at_others),
		cmocka_unit_test(test_one_organisation_cannot_use_up_the_time_of_all),
		cmocka_unit_test(test_a_flood_of_names_stays_within_the_table),
		cmocka_unit_test(test_a_descriptor_crosses_a_link),
		cmocka_unit_test(test_passwords_are_hashed_and_checked_beside_the_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
