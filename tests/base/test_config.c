/*
 * Configuration files: values with units, errors that say the line and the nearest name, nothing changed on an error,
 * and a shown configuration that reads back.
 */
#include "base/config.h"

#include "base/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct settings {
	char *listen, *state, *password;
	bool quiet; /* an odd place for what follows */
	int64_t threads;
	uint64_t memory;
	nanoseconds lateness;
	double quota;
	struct option_list networks;
};

struct member {
	char *name;
	int64_t number;
};

static const char *listen_problem(const char *value)
{
	return strchr(value, ':') ? NULL : "expected ADDRESS:PORT";
}

#define AT(member) offsetof(struct settings, member)
static const struct option options[] = {
	{ "listen", OPTION_TEXT, AT(listen), "127.0.0.1:8443", .check = listen_problem, .summary = "Where to listen." },
	{ "state", OPTION_PATH, AT(state), "/var/lib/noroshi", .fixed = true, .summary = "The folder." },
	{ "password", OPTION_SECRET, AT(password), NULL, .summary = "The password's file." },
	{ "quiet", OPTION_BOOLEAN, AT(quiet), "true", .summary = "Says less." },
	{ "threads", OPTION_INTEGER, AT(threads), "2", 1, 64, "threads", .summary = "How many." },
	{ "memory", OPTION_SIZE, AT(memory), "64 MiB", 1024, 1 << 30, .summary = "The bound." },
	{ "lateness", OPTION_DURATION, AT(lateness), "10 min", 1, 86400, .summary = "How late." },
	{ "quota", OPTION_REAL, AT(quota), "0.5", .summary = "The share." },
	{ "networks", OPTION_LIST, AT(networks), "10.0.0.0/8, 192.168.0.0/16", .summary = "Own networks." },
	{ NULL },
};
static const struct option number_options[] = {
	{ "any", OPTION_INTEGER, 0, NULL, .summary = "Any number." },
	{ NULL },
};
static const struct option member_options[] = {
	{ "name", OPTION_TEXT, offsetof(struct member, name), NULL, .summary = "Its name." },
	{ "number", OPTION_INTEGER, offsetof(struct member, number), "7", 1, 9, .summary = "Its number." },
	{ NULL },
};

struct scene {
	struct settings settings;
	int64_t any;
	char members[256];
	struct option_group groups[4];
	struct failure failure;
};

static enum error note_member(void *context, void *settings, struct failure *failure)
{
	struct scene *scene = context;
	struct member *member = settings;
	size_t size = strlen(scene->members);
	snprintf(scene->members + size, sizeof scene->members - size, "%s=%d ", member->name, (int)member->number);
	return strcmp(member->name, "refused") == 0 ? (fail)(failure, ERROR_CONFLICT, "no such member") : OK;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	scene->groups[0] =
	    (struct option_group){ "center", options, &scene->settings, sizeof scene->settings, NULL, NULL };
	scene->groups[1] =
	    (struct option_group){ "numbers", number_options, &scene->any, sizeof scene->any, NULL, NULL };
	scene->groups[2] =
	    (struct option_group){ "members", member_options, NULL, sizeof(struct member), note_member, scene };
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	config_free(scene->groups);
	free(scene);
	return 0;
}

static enum error read_words(struct scene *scene, const char *words)
{
	return config_read_text("/etc/noroshi/noroshi.conf", text_of(words), scene->groups, &scene->failure);
}

static void assert_reads(struct scene *scene, const char *words)
{
	if (read_words(scene, words) != OK)
		fail_msg("%s", scene->failure.words);
}

static void assert_says(struct scene *scene, const char *words, const char *said)
{
	scene->failure.words[0] = '\0';
	if (read_words(scene, words) == OK)
		fail_msg("read although wrong: %s", words);
	if (!strstr(scene->failure.words, said))
		fail_msg("%s: said \"%s\", not \"%s\"", words, scene->failure.words, said);
	assert_null(strchr(scene->failure.words, '\n'));
}

static void test_config_gives_the_defaults_of_what_is_not_written(void **state)
{
	struct scene *scene = *state;
	assert_reads(scene, "");
	assert_string_equal(scene->settings.listen, "127.0.0.1:8443");
	assert_string_equal(scene->settings.state, "/var/lib/noroshi");
	assert_string_equal(scene->settings.password, "");
	assert_true(scene->settings.quiet);
	assert_int_equal(scene->settings.threads, 2);
	assert_int_equal(scene->settings.memory, 64 << 20);
	assert_int_equal(scene->settings.lateness, 10 * MINUTE);
	assert_true(scene->settings.quota == 0.5);
	assert_int_equal(scene->settings.networks.count, 2);
	assert_string_equal(scene->settings.networks.items[1], "192.168.0.0/16");
	struct scene other = *scene;
	memset(&other.settings, 0, sizeof other.settings);
	other.groups[0].settings = &other.settings;
	other.groups[1].settings = &other.any;
	assert_int_equal(config_defaults(other.groups, &other.failure), OK);
	assert_string_equal(other.settings.networks.items[0], "10.0.0.0/8");
	config_free(other.groups);
	assert_null(other.settings.listen);
}

static void test_config_reads_values_with_their_units(void **state)
{
	struct scene *scene = *state;
	assert_reads(scene,
	    "# comment\ncenter = { listen = \"[::1]:1\"; state = \"data/../x\"; quiet = false; threads = 0x10;\n"
	    "  memory = \"1.5 MiB\"; lateness = \"90s\"; quota = 20000; networks = [ ]; };\n"
	    "numbers : { any = -9000000000 };");
	assert_string_equal(scene->settings.listen, "[::1]:1");
	assert_string_equal(scene->settings.state, "/etc/noroshi/data/../x");
	assert_false(scene->settings.quiet);
	assert_int_equal(scene->settings.threads, 16);
	assert_int_equal(scene->settings.memory, 3 << 19);
	assert_int_equal(scene->settings.lateness, 90 * SECOND);
	assert_true(scene->settings.quota == 20000);
	assert_int_equal(scene->settings.networks.count, 0);
	assert_int_equal(scene->any, -9000000000);
	assert_reads(scene, "center = { memory = 2048; lateness = \"0.5 h\"; quota = 1.5e1; networks = \"::/0\"; };"
			    "numbers = { any = 9223372036854775807; };");
	assert_int_equal(scene->settings.memory, 2048);
	assert_int_equal(scene->settings.lateness, 30 * MINUTE);
	assert_true(scene->settings.quota == 15);
	assert_int_equal(scene->settings.networks.count, 1);
	assert_int_equal(scene->any, INT64_MAX);
	assert_reads(scene, "numbers = { any = 0xffffffff; };");
	assert_int_equal(scene->any, 0xffffffff);
}

static void test_config_error_names_line_option_and_what_was_expected(void **state)
{
	struct scene *scene = *state;
	static const char *const cases[][2] = {
		{ "center = {\n\n  latenes = \"10 min\"; };",
		    "noroshi.conf:3: there is no option \"latenes\" in center; did you mean \"lateness\"?" },
		{ "\ncentre = { };", ":2: there is no group \"centre\"; did you mean \"center\"?" },
		{ "quite_different = { };", ":1: there is no group \"quite_different\"" },
		{ "center = {\n lateness = 10; };", ":2: center.lateness: expected a duration with its unit" },
		{ "center = { lateness = \"10\"; };", "expected a duration with its unit" },
		{ "center = { lateness = \"2 d\"; };", "center.lateness: expected 1 s to 1 d" },
		{ "center = { memory = \"64 M\"; };", "expected a size with its unit" },
		{ "center = { memory = \"1.2.3 MiB\"; };", "expected a size with its unit" },
		{ "center = { memory = -5; };", "expected a size with its unit" },
		{ "center = { memory = \"99999999999 TiB\"; };", "expected a size with its unit" },
		{ "center = { memory = \"2 GiB\"; };", "center.memory: expected 1 KiB to 1 GiB" },
		{ "center = { threads = 65; };", "center.threads: expected 1 to 64 threads" },
		{ "center = { threads = 2.5; };", "expected a whole number" },
		{ "center = { threads = \"two\"; };", "expected a whole number" },
		{ "center = { quiet = 1; };", "expected true or false" },
		{ "center = { quota = \"nan\"; };", "expected a number" },
		{ "center = { quota = 1e999; };", "expected a number" },
		{ "center = { listen = 8443; };", "expected a text in quotes" },
		{ "center = { listen = \"8443\"; };", ":1: center.listen: expected ADDRESS:PORT" },
		{ "center = { networks = [ 1 ]; };", "expected a list of texts" },
		{ "center = { networks = ( \"a\", { } ); };", "expected a list of texts" },
		{ "center = { listen = [ \"a:1\" ]; };", "expected a text in quotes" },
		{ "center = 5;", ":1: center: expected a group: { … }" },
		{ "members = { name = \"a\"; };", ":1: members: expected a list of groups" },
		{ "members = ( {\n name = \"a\"; }, {\n nmae = \"b\"; } );",
		    ":3: there is no option \"nmae\" in members; did you mean \"name\"?" },
		{ "members = ( \"a\" );", "members: expected a list of groups" },
		{ "center = {\n listen = \"a:1\"\n threads = 2;\n", ":4: syntax error" },
		{ "center = { }; center = { };", "duplicate setting name" },
		{ "\nnumbers = { any = 9223372036854775808; };",
		    ":2: 9223372036854775808 is larger than a number can be" },
		{ "numbers = { any = 0x1ffffffffffffffff; };", "is larger than a number can be" },
		{ "\n\n\t@include \"/etc/shadow\"\n", ":3: @include is not supported" },
		{ "\ncenter = { listen = \"\xff:1\"; };", ":2: not UTF-8 text" },
		{ "center = { listen = \"\\xff:1\"; };", "expected UTF-8 text" },
		{ "center = { password = \"none\"; };", "there is no file /etc/noroshi/none to hold the secret" },
		{ "center = { password = \"/etc\"; };", "/etc is not a regular file" },
		{ "center = { password = \"/etc/passwd\"; };",
		    "can be read or changed by others (mode 644): chmod 600 or 640" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_says(scene, cases[i][0], cases[i][1]);
	struct text nul = { "center = { }; \0", 15 };
	assert_int_equal(config_read_text("x", nul, scene->groups, &scene->failure), ERROR_INPUT);
	assert_string_equal(scene->failure.words, "x:1: a NUL byte: this is no configuration file");
	/* Numbers, includes and quotes in texts and comments are left alone. */
	assert_reads(scene, "// 99999999999999999999\n/* @include \"\n99999999999999999999 */ # \"\n"
			    "center = { listen = \"a\\\":99999999999999999999\\\\\"; };");
	assert_string_equal(scene->settings.listen, "a\":99999999999999999999\\");
}

static void test_config_error_changes_nothing(void **state)
{
	struct scene *scene = *state;
	assert_reads(scene, "center = { listen = \"old:1\"; threads = 3; networks = [ \"old\" ]; };");
	char *listen = scene->settings.listen;
	assert_says(scene,
	    "center = { listen = \"new:1\"; threads = 4; networks = [ \"new\" ]; }; numbers = { any = 1; nay = 2; };",
	    "did you mean \"any\"");
	assert_ptr_equal(scene->settings.listen, listen);
	assert_string_equal(scene->settings.listen, "old:1");
	assert_int_equal(scene->settings.threads, 3);
	assert_string_equal(scene->settings.networks.items[0], "old");
	assert_int_equal(scene->any, 0);
}

static void test_config_hands_over_each_item_of_a_list_when_all_is_right(void **state)
{
	struct scene *scene = *state;
	assert_reads(scene, "members = ( { name = \"a\"; }, { name = \"b\"; number = 9; } );");
	assert_string_equal(scene->members, "a=7 b=9 ");
	scene->members[0] = '\0';
	assert_says(scene, "members = ( { name = \"a\"; }, { name = \"b\"; number = 10; } );",
	    "members.number: expected 1 to 9");
	assert_says(scene, "members = ( { name = \"a\"; } ); centre = { };", "did you mean");
	assert_string_equal(scene->members, "");
	assert_says(scene, "members = (\n{ name = \"refused\"; } );", ":2: members: no such member");
}

static void test_config_shown_reads_back_to_the_same_settings(void **state)
{
	struct scene *scene = *state, again = *scene;
	struct builder first = { 0 }, second = { 0 };
	srandom(11);
	for (int round = 0; round < 300; round++) {
		struct settings *s = &scene->settings;
		assert_reads(scene, "");
		static const char *const texts[] = { "a:1", "\"quoted\":\\", "日本語:\n\t#", ":\x01\x7f",
			"/*:*/ 99999999999" };
		free(s->listen);
		s->listen = strdup(texts[round % 5]);
		free(s->state);
		s->state = strdup(round % 2 ? "/a b/\"c" : "");
		s->threads = random() % 64 + 1;
		s->memory = 1024 + (uint64_t)random() % 1000000 * (round % 3 ? 1 : 1024);
		s->lateness =
		    SECOND + random() % DAY % (86399 * SECOND) / (round % 2 ? 1 : SECOND) * (round % 2 ? 1 : SECOND);
		s->quota = ldexp((double)random() / 3, (int)(random() % 200) - 100) * (round % 2 ? 1 : -1);
		s->quiet = round % 2;
		scene->any = (int64_t)(((uint64_t)random() << 33) ^ (uint64_t)random() << 8) * (round % 2 ? 1 : -1);
		builder_clear(&first);
		builder_clear(&second);
		config_show(scene->groups, &first);
		memset(&again.settings, 0, sizeof again.settings);
		again.groups[0].settings = &again.settings;
		again.groups[1].settings = &again.any;
		if (config_read_text("shown", (struct text){ first.at, first.size }, again.groups, &again.failure) !=
		    OK)
			fail_msg("%s in %s", again.failure.words, first.at);
		assert_string_equal(again.settings.listen, s->listen);
		assert_string_equal(again.settings.state, s->state);
		assert_int_equal(again.settings.memory, s->memory);
		assert_int_equal(again.settings.lateness, s->lateness);
		assert_true(again.settings.quota == s->quota);
		assert_int_equal(again.any, scene->any);
		config_show(again.groups, &second);
		assert_string_equal(first.at, second.at);
		config_free(again.groups);
	}
	assert_non_null(strstr(first.at, "\t# How late.\n\t# Default: 10 min; 1 s to 1 d\n\tlateness = \""));
	assert_non_null(strstr(first.at, "# members = ( {"));
	builder_free(&first);
	builder_free(&second);
}

struct kept {
	char names[256];
	unsigned count;
};

static void note_kept(void *context, const char *group, const char *option)
{
	struct kept *kept = context;
	kept->count++;
	snprintf(kept->names, sizeof kept->names, "%s.%s", group, option);
}

static void test_config_reloaded_keeps_what_is_taken_at_the_start_and_where_it_lies(void **state)
{
	struct scene *scene = *state;
	struct kept kept = { 0 };
	assert_int_equal(config_read_text("f", TEXT("center = { state = \"/a\"; listen = \"a:1\"; threads = 3; };"),
			     scene->groups, &scene->failure),
	    OK);
	const char *place = scene->settings.state;
	assert_int_equal(config_reload_text("f", TEXT("center = { state = \"/b\"; listen = \"b:2\"; threads = 4; };"),
			     scene->groups, note_kept, &kept, &scene->failure),
	    OK);
	assert_ptr_equal(scene->settings.state, place);
	assert_string_equal(scene->settings.state, "/a");
	assert_string_equal(scene->settings.listen, "b:2");
	assert_int_equal(scene->settings.threads, 4);
	assert_int_equal(kept.count, 1);
	assert_string_equal(kept.names, "center.state");
	assert_int_equal(config_reload_text("f", TEXT("center = { state = \"/a\"; };"), scene->groups, note_kept, &kept,
			     &scene->failure),
	    OK);
	assert_int_equal(kept.count, 1);
	assert_int_equal(scene->settings.threads, 2); /* the default again */
	assert_int_equal(config_reload_text("f", TEXT("center = { threads = 5; listne = \"c:3\"; };"), scene->groups,
			     note_kept, &kept, &scene->failure),
	    ERROR_INPUT);
	assert_int_equal(scene->settings.threads, 2);
}

static void test_config_says_where_each_value_stands(void **state)
{
	struct scene *scene = *state;
	struct config_origins origins = { .name = "/tmp/f" };
	char path[] = "/tmp/noroshi-config-XXXXXX";
	int descriptor = mkstemp(path);
	assert_int_equal(dprintf(descriptor, "center = {\n quiet = false;\n\n threads = 3; };\n") > 0, 1);
	close(descriptor);
	origins.name = path;
	assert_int_equal(config_load_origins(path, scene->groups, &origins, &scene->failure), OK);
	assert_int_equal(origins.count, 2);
	struct builder shown = { 0 };
	config_show_origins(scene->groups, &origins, false, &shown);
	char line[128];
	snprintf(line, sizeof line, "center.threads = 3  # %s:4\n", path);
	assert_non_null(strstr(shown.at, line));
	assert_non_null(strstr(shown.at, "center.lateness = \"10 min\"  # default\n"));
	builder_free(&shown);
	unlink(path);
}

static void test_config_secret_is_a_file_that_others_cannot_read_or_change(void **state)
{
	struct scene *scene = *state;
	char folder[] = "/tmp/noroshi-config-XXXXXX", path[64], words[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/password", folder);
	snprintf(words, sizeof words, "%s/conf", folder);
	assert_int_equal(file_replace(path, TEXT("hunter2\n"), 0600, &scene->failure), OK);
	assert_int_equal(
	    file_replace(words, TEXT("center = { password = \"password\"; };"), 0644, &scene->failure), OK);
	static const struct {
		unsigned mode;
		bool good;
	} modes[] = { { 0600, true }, { 0640, true }, { 0400, true }, { 0644, false }, { 0660, false }, { 0602, false },
		{ 0604, false }, { 0777, false } };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(chmod(path, modes[i].mode), 0);
		assert_int_equal(config_load(words, scene->groups, &scene->failure), modes[i].good ? OK : ERROR_INPUT);
	}
	assert_string_equal(scene->settings.password, path);
	struct builder shown = { 0 };
	config_show(scene->groups, &shown);
	assert_null(strstr(shown.at, "hunter2"));
	builder_free(&shown);
	assert_int_equal(config_load(folder, scene->groups, &scene->failure), ERROR_SYSTEM);
	unlink(path);
	unlink(words);
	assert_int_equal(config_load(words, scene->groups, &scene->failure), ERROR_NOT_FOUND);
	rmdir(folder);
}

static void test_nearest_name_finds_typing_mistakes_and_nothing_far(void **state)
{
	(void)state;
	static const char *const known[] = { "triage", "center", "notify", "tls_certificate", "tls_key", "listen",
		NULL };
	static const char *const cases[][2] = { { "traige", "triage" }, { "centre", "center" }, { "Notify", "notify" },
		{ "listne", "listen" }, { "tls_cert", "tls_certificate" }, { "tls_kye", "tls_key" },
		{ "notfy", "notify" }, { "watch", NULL }, { "x", NULL }, { "", NULL }, { "completely", NULL } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *nearest = nearest_name(cases[i][0], known);
		if (!nearest != !cases[i][1] || (nearest && strcmp(nearest, cases[i][1]) != 0))
			fail_msg("%s: %s", cases[i][0], nearest ? nearest : "none");
	}
	char large[300];
	memset(large, 'a', sizeof large);
	large[299] = '\0';
	assert_null(nearest_name(large, known));
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(test_config_gives_the_defaults_of_what_is_not_written),
		CONFIG_TEST(test_config_reads_values_with_their_units),
		CONFIG_TEST(test_config_error_names_line_option_and_what_was_expected),
		CONFIG_TEST(test_config_error_changes_nothing),
		CONFIG_TEST(test_config_hands_over_each_item_of_a_list_when_all_is_right),
		CONFIG_TEST(test_config_shown_reads_back_to_the_same_settings),
		CONFIG_TEST(test_config_reloaded_keeps_what_is_taken_at_the_start_and_where_it_lies),
		CONFIG_TEST(test_config_says_where_each_value_stands),
		CONFIG_TEST(test_config_secret_is_a_file_that_others_cannot_read_or_change),
		cmocka_unit_test(test_nearest_name_finds_typing_mistakes_and_nothing_far),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
