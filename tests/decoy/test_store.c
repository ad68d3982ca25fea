/*
 * What a decoy keeps: by day, for so long, on so much disk; what is sealed opens with the private key alone; marks
 * count and tell nothing; what of a session stands in a line.
 */
#include "base/file.h"
#include "decoy/line.h"
#include "decoy/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON (1795348800 * SECOND) /* 2026-11-22T12:00:00Z */

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/decoy-store-XXXXXX");
	return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
	DIR *directory = opendir(folder);
	char path[512];
	(void)state;
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (directory)
		closedir(directory);
	return rmdir(folder);
}

static char *path_of(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static bool is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static struct decoy_store *open_store(unsigned keep_days, uint64_t disk, nanoseconds now)
{
	const struct store_settings settings = { .folder = folder, .disk = disk };
	struct decoy_store *store;
	struct failure failure;
	assert_int_equal(decoy_store_new(&settings, keep_days, now, &store, &failure), OK);
	return store;
}

static void test_days_go_after_keep_days(void **state)
{
	struct decoy_store *store = open_store(2, 1 << 20, NOON);
	uint8_t first[VAULT_KEY];
	(void)state;
	memcpy(first, decoy_store_marks(store), sizeof first);
	decoy_store_session(store, NOON, TEXT("{}\n"));
	decoy_store_passwords(store, NOON, TEXT("{}\n"));
	assert_true(decoy_store_sample(store, NOON, "00aa", TEXT("sealed")));
	assert_true(is_there("sessions-2026-11-22.json") && is_there("sample-2026-11-22-00aa"));
	int other = open(path_of("notes-2020-01-01"), O_CREAT | O_WRONLY, 0600);
	close(other);
	decoy_store_tend(store, 2, NOON + DAY);
	assert_true(is_there("sessions-2026-11-22.json") && is_there("marks-2026-11-22.key"));
	assert_memory_equal(first, decoy_store_marks(store), sizeof first);
	decoy_store_tend(store, 2, NOON + 2 * DAY);
	assert_false(is_there("sessions-2026-11-22.json") || is_there("passwords-2026-11-22.json") ||
		     is_there("sample-2026-11-22-00aa") || is_there("marks-2026-11-22.key"));
	assert_true(is_there("marks-2026-11-24.key") && is_there("notes-2020-01-01"));
	assert_memory_not_equal(first, decoy_store_marks(store), sizeof first);
	decoy_store_free(store);
}

static void test_marks_go_on_after_a_restart(void **state)
{
	struct decoy_store *store = open_store(30, 1 << 20, NOON);
	uint8_t first[VAULT_KEY];
	struct stat about;
	(void)state;
	memcpy(first, decoy_store_marks(store), sizeof first);
	decoy_store_free(store);
	store = open_store(30, 1 << 20, NOON + DAY);
	assert_memory_equal(first, decoy_store_marks(store), sizeof first);
	decoy_store_free(store);
	assert_int_equal(stat(path_of("marks-2026-11-22.key"), &about), 0);
	assert_int_equal(about.st_mode & 077, 0);
}

static void test_a_full_disk_refuses_samples_first(void **state)
{
	struct decoy_store *store = open_store(30, 1000, NOON);
	char bytes[400] = "x";
	(void)state;
	assert_true(decoy_store_sample(store, NOON, "01", (struct text){ bytes, sizeof bytes }));
	assert_true(decoy_store_sample(store, NOON, "01", (struct text){ bytes, sizeof bytes })); /* once */
	assert_false(decoy_store_sample(store, NOON, "02", (struct text){ bytes, sizeof bytes }));
	assert_false(is_there("sample-2026-11-22-02"));
	assert_int_equal(decoy_store_lost(store), 1);
	decoy_store_session(store, NOON, (struct text){ bytes, sizeof bytes });
	assert_int_equal(decoy_store_lost(store), 1);
	decoy_store_session(store, NOON, (struct text){ bytes, sizeof bytes });
	assert_int_equal(decoy_store_lost(store), 2);
	decoy_store_free(store);
}

static void test_what_is_sealed_opens_with_the_private_key_alone(void **state)
{
	uint8_t public_key[VAULT_KEY], private_key[VAULT_KEY], another[VAULT_KEY];
	struct builder line = { 0 }, sealed = { 0 }, opened = { 0 };
	struct failure failure;
	(void)state;
	assert_int_equal(vault_key_make(path_of("private"), &line, &failure), OK);
	assert_int_equal(vault_key_make(path_of("private"), &line, &failure), ERROR_CONFLICT);
	assert_int_equal(vault_key_read(path_of("private"), private_key, &failure), OK);
	struct file *file;
	assert_int_equal(file_open(path_of("public"), true, &file, &failure), OK);
	assert_int_equal(file_append(file, line.at, line.size, &failure), OK);
	file_close(file);
	assert_int_equal(vault_key_read(path_of("public"), public_key, &failure), OK);
	assert_int_equal(vault_seal(public_key, TEXT("swordfish"), &sealed, &failure), OK);
	assert_int_equal(text_find((struct text){ sealed.at, sealed.size }, TEXT("swordfish")), -1);
	struct text box = { sealed.at, sealed.size };
	assert_int_equal(vault_open(private_key, box, &opened, &failure), OK);
	assert_string_equal(opened.at, "swordfish");
	memset(another, 9, sizeof another);
	assert_int_equal(vault_open(another, box, &opened, &failure), ERROR_DENIED);
	sealed.at[sealed.size - 1] ^= 1;
	assert_int_equal(vault_open(private_key, box, &opened, &failure), ERROR_DENIED);
	assert_int_equal(vault_open(private_key, (struct text){ sealed.at, 10 }, &opened, &failure), ERROR_DENIED);
	builder_free(&line);
	builder_free(&sealed);
	builder_free(&opened);
}

static void test_marks_count_equal_passwords_under_one_key(void **state)
{
	const uint8_t one[VAULT_KEY] = { 1 }, two[VAULT_KEY] = { 2 };
	char a[VAULT_MARK], b[VAULT_MARK], c[VAULT_MARK];
	(void)state;
	vault_mark(one, TEXT("admin"), a);
	vault_mark(one, TEXT("admin"), b);
	vault_mark(two, TEXT("admin"), c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	vault_mark(one, TEXT("admin1"), b);
	assert_string_not_equal(a, b);
}

static void test_a_line_has_no_password(void **state)
{
	struct builder facts = { 0 }, line = { 0 }, passwords = { 0 };
	uint8_t public_key[VAULT_KEY], private_key[VAULT_KEY];
	struct failure failure;
	(void)state;
	crypto_box_keypair(public_key, private_key);
	put_u8(&facts, FACT_CREDENTIAL);
	put_text(&facts, TEXT("root"));
	put_text(&facts, TEXT("swordfish"));
	put_u8(&facts, FACT_COMMAND);
	put_text(&facts, TEXT("id \"\x01\xff"));
	struct report report = {
		.begun = NOON, .ended = NOON + SECOND, .received = 9, .facts = { facts.at, facts.size }
	};
	struct line_more more = { .service = "telnet", .dest_port = 23, .marks = public_key, .session = "s" };
	address_parse(TEXT("2001:db8::7"), &report.source);
	report.port = 5;
	report.end = SESSION_LEFT;
	line_write(&report, &more, &line);
	assert_int_equal(text_find((struct text){ line.at, line.size }, TEXT("swordfish")), -1);
	char mark[VAULT_MARK], expected[800];
	vault_mark(public_key, TEXT("swordfish"), mark);
	snprintf(expected, sizeof expected,
	    "{\"timestamp\":\"2026-11-22T12:00:00.000000+0000\",\"event_type\":\"alert\",\"src_ip\":\"2001:db8::7\","
	    "\"src_port\":5,\"dest_port\":23,\"proto\":\"TCP\",\"alert\":{\"action\":\"allowed\",\"gid\":4604,"
	    "\"signature_id\":2,\"rev\":1,\"signature\":\"Decoy: login\",\"category\":\"Attempted intrusion\","
	    "\"severity\":2},\"decoy\":{\"what\":\"session\",\"service\":\"telnet\",\"session\":\"s\",\"ended\":"
	    "\"left\",\"seconds\":1.000,\"received\":9,\"sent\":0,\"credentials\":[{\"name\":\"root\",\"mark\":\"%s\"}]"
	    ","
	    "\"commands\":[\"id \\\"\\u0001\xef\xbf\xbd\"]}}\n",
	    mark);
	assert_string_equal(line.at, expected);
	assert_int_equal(line_passwords(&report, &more, public_key, &passwords, &failure), OK);
	assert_int_equal(text_find((struct text){ passwords.at, passwords.size }, TEXT("swordfish")), -1);
	assert_true(text_starts(
	    (struct text){ passwords.at, passwords.size }, TEXT("{\"session\":\"s\",\"number\":0,\"sealed\":\"")));
	builder_free(&facts);
	builder_free(&line);
	builder_free(&passwords);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_days_go_after_keep_days, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_marks_go_on_after_a_restart, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_a_full_disk_refuses_samples_first, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_what_is_sealed_opens_with_the_private_key_alone, make_folder, remove_folder),
		cmocka_unit_test(test_marks_count_equal_passwords_under_one_key),
		cmocka_unit_test(test_a_line_has_no_password),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
