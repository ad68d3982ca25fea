/*
 * Where addresses come from: files that libloc's and MaxMind's own writers made, and Debian's database beside libloc's
 * own look-up.
 */
#include "match/origin.h"

#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEBIAN "/var/lib/location/database.db"

static char folder[] = "/tmp/noroshi-origin-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static struct address at(const char *text)
{
	struct address address;

	assert_true(address_parse(text_of(text), &address));
	return address;
}

static void is(const struct origins *origins, const char *address, const char *country, uint32_t network)
{
	struct origin origin = origins_of(origins, at(address));
	char said[3] = { origin.country[0], origin.country[1], '\0' };

	if (strcmp(said, country) != 0 || origin.network != network)
		fail_msg("%s: %s %u, and %s %u was expected", address, said, origin.network, country, network);
}

static struct origins *loaded(const char *const *paths, size_t count)
{
	struct origins *origins;
	struct failure failure;

	if (origins_load(paths, count, &origins, &failure) != OK)
		fail_msg("%s", failure.words);
	return origins;
}

static void write_location(const char *path)
{
	static const struct {
		const char *prefix, *country;
		uint32_t network;
	} networks[] = {
		{ "10.0.0.0/8", "JP", 0 },
		{ "10.1.0.0/16", "US", 64500 },
		{ "10.1.2.0/24", "US", 64501 },
		{ "10.1.2.3/32", "KR", 64502 },
		{ "10.2.0.0/16", "JP", 64503 },
		{ "255.255.255.255/32", "RU", 1 },
		{ "2001:db8::/32", "DE", 64504 },
		{ "2001:db8:0:ff00::/56", "FR", 64505 },
		{ "2001:db8:0:ff00:8000::/65", "GB", 64506 },
		{ "ffff:ffff:ffff:ffff::/64", "BG", 64507 },
	};
	struct loc_ctx *context;
	struct loc_writer *writer;
	FILE *file = fopen(path, "w+");

	assert_non_null(file);
	assert_int_equal(loc_new(&context), 0);
	assert_int_equal(loc_writer_new(context, &writer, NULL, NULL), 0);
	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
		struct loc_network *network;
		assert_int_equal(loc_writer_add_network(writer, &network, networks[i].prefix), 0);
		assert_int_equal(loc_network_set_country_code(network, networks[i].country), 0);
		if (networks[i].network)
			assert_int_equal(loc_network_set_asn(network, networks[i].network), 0);
		loc_network_unref(network);
	}
	assert_int_equal(loc_writer_write(writer, file, LOC_DATABASE_VERSION_1), 0);
	loc_writer_unref(writer);
	loc_unref(context);
	assert_int_equal(fclose(file), 0);
}

static void test_the_smallest_network_decides(void **unused)
{
	(void)unused;
	char path[256];
	const char *paths[] = { path };

	snprintf(path, sizeof path, "%s", in_folder("location.db"));
	write_location(path);
	struct origins *origins = loaded(paths, 1);
	is(origins, "9.255.255.255", "", 0);
	is(origins, "10.0.0.0", "JP", 0);
	is(origins, "10.0.255.255", "JP", 0);
	is(origins, "10.1.0.0", "US", 64500);
	is(origins, "10.1.2.2", "US", 64501);
	is(origins, "10.1.2.3", "KR", 64502);
	is(origins, "10.1.2.4", "US", 64501);
	is(origins, "10.1.3.0", "US", 64500);
	is(origins, "10.2.255.255", "JP", 64503);
	is(origins, "10.3.0.0", "JP", 0);
	is(origins, "10.255.255.255", "JP", 0);
	is(origins, "11.0.0.0", "", 0);
	is(origins, "255.255.255.254", "", 0);
	is(origins, "255.255.255.255", "RU", 1);
	is(origins, "2001:db7:ffff::1", "", 0);
	is(origins, "2001:db8::1", "DE", 64504);
	is(origins, "2001:db8:0:feff::1", "DE", 64504);
	is(origins, "2001:db8:0:ff00::1", "FR", 64505);
	is(origins, "2001:db8:0:ff00:8000::1", "FR", 64505); /* longer than /64 is passed over */
	is(origins, "2001:db8:0:ffff::1", "FR", 64505);
	is(origins, "2001:db8:1::1", "DE", 64504);
	is(origins, "2001:db9::1", "", 0);
	is(origins, "ffff:ffff:ffff:ffff::1", "BG", 64507);
	assert_true(origins_date(origins) > (nanoseconds)1700000000 * SECOND);
	origins_free(origins);
}

static void make_maxmind(const char *what, const char *version, char path[static 256])
{
	char command[1024];

	snprintf(path, 256, "%s/%s%s.mmdb", folder, what, version);
	snprintf(command, sizeof command, "perl %s/tests/match/make-mmdb.pl %s %s %s", getenv("SOURCE_ROOT"), what,
	    version, path);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void test_countries_and_networks_out_of_two_maxmind_files(void **unused)
{
	(void)unused;
	static const char *const versions[] = { "4", "6" };

	if (system("perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null") != 0)
		skip(); /* ./setup --tests brings it */
	for (size_t i = 0; i < 2; i++) {
		char countries[256], networks[256];
		make_maxmind("country", versions[i], countries);
		make_maxmind("network", versions[i], networks);
		const char *paths[] = { countries, networks };
		struct origins *origins = loaded(paths, 2);
		is(origins, "198.51.99.255", "", 0);
		is(origins, "198.51.100.0", "JP", 64500);
		is(origins, "198.51.100.127", "JP", 64500);
		is(origins, "198.51.100.128", "KR", 64501);
		is(origins, "198.51.101.0", "", 0);
		is(origins, "203.0.113.7", "RU", 64502);
		is(origins, "203.0.113.8", "", 0);
		is(origins, "8.0.0.0", "US", 64503);
		is(origins, "9.255.255.255", "US", 64503);
		is(origins, "10.0.0.0", "", 0);
		is(origins, "255.255.255.255", "CN", 64504);
		is(origins, "2001:db8::1", i ? "DE" : "", i ? 64505 : 0);
		is(origins, "2001:db8:0:5::1", i ? "FR" : "", i ? 64506 : 0);
		is(origins, "2001:db8:0:6::1", i ? "DE" : "", i ? 64505 : 0);
		is(origins, "2002:c633:6401::1", "", 0); /* what stands for IPv4 in their trees is not asked */
		origins_free(origins);
		struct origins *alone = loaded(paths + 1, 1);
		is(alone, "198.51.100.1", "", 64500);
		origins_free(alone);
	}
}

/* The same as libloc itself says, for addresses all over both families. */
static void test_debians_database_says_what_libloc_says(void **unused)
{
	(void)unused;
	const char *paths[] = { DEBIAN };
	struct loc_ctx *context;
	struct loc_database *database;
	FILE *file = fopen(DEBIAN, "re");
	uint64_t seed = 17;
	size_t known = 0;

	if (!file)
		skip(); /* libloc-database is not installed */
	assert_int_equal(loc_new(&context), 0);
	assert_int_equal(loc_database_new(context, &database, file), 0);
	struct origins *origins = loaded(paths, 1);
	for (size_t i = 0; i < 60000; i++) {
		struct loc_network *network = NULL;
		struct address address = { 0 };
		struct in6_addr asked;
		for (size_t byte = 0; byte < 16; byte++)
			address.bytes[byte] =
			    (uint8_t)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 56);
		if (i % 2 == 0) {
			memset(address.bytes, 0, 10);
			memset(address.bytes + 10, 255, 2);
		} else {
			address.bytes[0] = i % 4 == 1 ? 0x2a : 0x24;
			address.bytes[1] &= 0x0f;
		}
		memcpy(&asked, address.bytes, 16);
		struct origin origin = origins_of(origins, address);
		if (loc_database_lookup(database, &asked, &network) == 0 && network) {
			const char *country = loc_network_get_country_code(network);
			uint32_t number = loc_network_get_asn(network);
			if (loc_network_prefix(network) <= 64 || i % 2 == 0) {
				/* what the smallest one leaves open is said by the one around: libloc says nothing */
				if (country && strlen(country) == 2 && country[0])
					assert_memory_equal(origin.country, country, 2);
				if (number)
					assert_int_equal(origin.network, number);
				known++;
			}
			loc_network_unref(network);
		} else {
			assert_int_equal(origin.network, 0);
			assert_int_equal(origin.country[0], 0);
		}
	}
	assert_true(known > 10000);
	origins_free(origins);
	loc_database_unref(database);
	loc_unref(context);
	fclose(file);
}

static void test_what_is_no_database_is_refused_with_words(void **unused)
{
	(void)unused;
	static const char *const names[] = { "not.db", "not.mmdb", "missing.db", "missing.mmdb" };
	struct failure failure;
	struct origins *origins = NULL;

	for (size_t i = 0; i < 4; i++) {
		char path[256];
		const char *paths[] = { path };
		snprintf(path, sizeof path, "%s", in_folder(names[i]));
		if (i < 2) {
			FILE *file = fopen(path, "w");
			assert_non_null(file);
			fputs("this is no database of anything\n", file);
			fclose(file);
		}
		assert_int_equal(origins_load(paths, 1, &origins, &failure), i < 2 ? ERROR_INPUT : ERROR_SYSTEM);
		assert_non_null(strstr(failure.words, names[i]));
		assert_null(origins);
	}
	assert_int_equal(origins_load(NULL, 0, &origins, &failure), ERROR_USAGE);
	is(NULL, "192.0.2.1", "", 0);
	assert_int_equal(origins_date(NULL), 0);
	origins_free(NULL);
}

static int clean(void **unused)
{
	(void)unused;
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_smallest_network_decides),
		cmocka_unit_test(test_countries_and_networks_out_of_two_maxmind_files),
		cmocka_unit_test(test_debians_database_says_what_libloc_says),
		cmocka_unit_test(test_what_is_no_database_is_refused_with_words),
	};

	if (!mkdtemp(folder))
		return 1;
	return cmocka_run_group_tests_name("match origin", tests, NULL, clean);
}
