/*
 * Small files that are written whole: the key of acknowledgement links (made at the first use, and mails with links
 * of it go out), and what `noroshi triage --out` and `--assign` write.
 */
#include "kinds.h"

#include "mail/link.h"
#include "triage/command.h"

#include <unistd.h>

static bool key_work(const char *folder)
{
	struct link_key key;
	char words[HEX_SIZE(32)];
	for (int i = 0; i < 2; i++) {
		TRY(link_key_load(folder, &key, &failure));
		hex_format(key.bytes, sizeof key.bytes, words);
		mark("key %s", words);
	}
	return true;
}

static void key_check(const char *folder, const struct marks *marks)
{
	struct link_key key;
	struct text known;
	char words[HEX_SIZE(32)];
	FINE(link_key_load(folder, &key, &failure));
	hex_format(key.bytes, sizeof key.bytes, words);
	if (marks_of(marks, "key ", &known))
		assert_true(text_equal(known, text_of(words)));
}

const struct powercut_kind kind_key = { "key", key_work, key_check };

/* ── what `noroshi triage` writes ─ */

#define VERSIONS 2
#define ALERTS 40 /* in the first version; twice as many in the second */

static void write_input(const char *path, int version)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < ALERTS * version; i++)
		fprintf(file,
		    "{\"timestamp\":\"2023-11-14T22:%02d:%02d.000000+0000\",\"event_type\":\"alert\",\"src_ip\":\"192."
		    "0.2.7\","
		    "\"dest_ip\":\"198.51.100.%d\",\"proto\":\"TCP\",\"host\":\"gate\",\"alert\":{\"signature_id\":1,"
		    "\"signature\":\"ET TROJAN Zeus CnC Checkin\",\"severity\":1}}\n",
		    i / 60, i % 60, i % 9 + 1);
	assert_int_equal(fclose(file), 0);
}

/* The command writes its summary to standard output, where a test says other things. */
static int triage_quietly(const char *folder, int version)
{
	char input[240], wanted[260], out[240], assign[240];
	snprintf(input, sizeof input, "%s.input", folder);
	snprintf(wanted, sizeof wanted, "aoba=%s", input);
	snprintf(out, sizeof out, "%s/events.jsonl", folder);
	snprintf(assign, sizeof assign, "%s/assign.csv", folder);
	char *arguments[] = { "triage", "--quiet", "--out", out, "--assign", assign, "--org", wanted, NULL };
	fflush(stdout);
	int kept = dup(STDOUT_FILENO);
	assert_true(kept >= 0 && freopen("/dev/null", "w", stdout));
	write_input(input, version);
	int status = triage_run(8, arguments);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	unlink(input);
	return status;
}

static bool report_work(const char *folder)
{
	for (int version = 1; version <= VERSIONS; version++) {
		if (triage_quietly(folder, version) != 0)
			return false;
		mark("written %d", version);
	}
	return true;
}

/* Which version a file is, by what only the whole of it has; 0 = there is no file. */
static int version_of(const char *folder, const char *name)
{
	char path[240], *at;
	size_t size, lines = 0;
	struct failure failure;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (file_read(path, 1 << 20, &at, &size, &failure) == ERROR_NOT_FOUND)
		return 0;
	assert_int_equal(strlen(at), size);
	assert_true(size > 2 && at[size - 1] == '\n');
	for (size_t i = 0; i < size; i++)
		lines += at[i] == '\n';
	int version = strcmp(name, "assign.csv") == 0 ? (int)(lines - 1) / ALERTS
		      : strstr(at, "\"alerts\":40,")  ? 1
						      : 2;
	if (lines == 1) /* the one event */
		assert_true(at[size - 2] == '}' && strstr(at, version == 1 ? "\"alerts\":40," : "\"alerts\":80,"));
	else
		assert_int_equal(lines, 1 + version * ALERTS);
	free(at);
	return version;
}

static void report_check(const char *folder, const struct marks *marks)
{
	int written = (int)marked_number(marks, "written ");
	assert_true(version_of(folder, "events.jsonl") >= written);
	assert_true(version_of(folder, "assign.csv") >= written);
}

const struct powercut_kind kind_report = { "report", report_work, report_check };
