/*
 * The commands `noroshi backup` and `noroshi restore`.
 */
#include "center/backup.h"
#include "center/center.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char backup_usage[] =
    "usage: noroshi backup --config FILE [--secrets] [--json] FOLDER\n"
    "       noroshi backup verify [--json] FOLDER\n"
    "\n"
    "Copies everything that makes a centre, running or not, into a new folder; or reads a backup and says whether it\n"
    "is whole.\n"
    "\n"
    "  --config FILE   the centre's configuration\n"
    "  --secrets       with the TLS key and certificate and the files of secrets; without it they are left out\n"
    "  --json          print what was done as JSON\n"
    "\n"
    "Exit codes: 0 done, 1 it failed or the backup is damaged, 2 bad usage or something that cannot be read.\n";

static const char restore_usage[] =
    "usage: noroshi restore [--history FOLDER] [--configuration FOLDER] [--user NAME] [--json] BACKUP STATE\n"
    "\n"
    "Makes the state folder STATE of the backup in the folder BACKUP. STATE must not be there, or be empty.\n"
    "\n"
    "  --history FOLDER        the alerts go there, instead of STATE/history\n"
    "  --configuration FOLDER  noroshi.conf, and the secrets when the backup has them, go there\n"
    "  --user NAME             whose it becomes when root restores; else the account of the backup\n"
    "  --json                  print what was done as JSON\n"
    "\n"
    "Exit codes: 0 done, 1 it failed or the backup is damaged, 2 bad usage or something that cannot be read.\n";

/* ── progress ─ */

void progress_moved(void *context, uint64_t bytes)
{
	struct progress *progress = context;
	progress->done += bytes;
	nanoseconds now = time_monotonic();
	if (!progress->show || now - progress->shown < 200 * MILLISECOND)
		return;
	progress->shown = now;
	uint64_t percent = progress->total ? progress->done * 100 / progress->total : 0;
	fprintf(stderr, "\r%s: %" PRIu64 " MiB, %" PRIu64 " %%\033[K", progress->what, progress->done >> 20,
	    percent > 100 ? 100 : percent);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

/* ── what was done ─ */

static void say(
    const char *done, const char *folder, const struct manifest *manifest, const uint8_t digest[32], bool json)
{
	char point[TIME_TEXT], hex[HEX_SIZE(32)];
	time_format(manifest->point, point);
	hex_format(digest, 32, hex);
	if (!json) {
		printf("%s: %s: %zu files, %" PRIu64 " bytes, as of %s\nmanifest: SHA-256 %s\n", folder, done,
		    manifest->count, manifest_bytes(manifest), point, hex);
		return;
	}
	json_t *facts = json_pack("{s:s,s:s,s:I,s:I,s:s,s:s,s:s,s:i,s:I,s:b}", "done", done, "folder", folder, "files",
	    (json_int_t)manifest->count, "bytes", (json_int_t)manifest_bytes(manifest), "point", point, "manifest", hex,
	    "program", manifest->program, "state_version", (int)manifest->schema, "log_lines",
	    (json_int_t)manifest->log_lines, "secrets", (int)manifest->secrets);
	json_dumpf(facts, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(facts);
}

static int finish(const char *command, const char *done, const char *folder, enum error error,
    struct manifest *manifest, const uint8_t digest[32], const struct failure *failure, bool json)
{
	if (error)
		fprintf(stderr, "noroshi %s: %s\n", command, failure->words);
	else
		say(done, folder, manifest, digest, json);
	manifest_free(manifest);
	bool usage =
	    error == ERROR_USAGE || error == ERROR_INPUT || error == ERROR_NOT_FOUND || error == ERROR_CONFLICT;
	return error == OK ? 0 : usage ? 2 : 1;
}

static int bad_usage(const char *command, const char *words)
{
	if (words)
		fprintf(stderr, "noroshi %s: %s\n", command, words);
	fprintf(stderr, "`noroshi %s --help` explains the options\n", command);
	return 2;
}

/* ── the commands ─ */

struct wishes_read {
	const char *config, *history, *configuration, *user;
	bool secrets, json, help;
};

static bool read_options(int argc, char **argv, const struct option *options, struct wishes_read *wishes)
{
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char **place = option == 'c'   ? &wishes->config
				     : option == 'i' ? &wishes->history
				     : option == 'g' ? &wishes->configuration
				     : option == 'u' ? &wishes->user
						     : NULL;
		if (option == '?')
			return false;
		if (place)
			*place = optarg;
		wishes->secrets |= option == 's';
		wishes->json |= option == 'j';
		wishes->help |= option == 'h';
	}
	return true;
}

static int backup_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secrets", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct wishes_read wishes = { 0 };
	struct manifest manifest = { 0 };
	struct failure failure = { 0 };
	uint8_t digest[32];
	if (!read_options(argc, argv, options, &wishes))
		return bad_usage("backup", NULL);
	if (wishes.help) {
		fputs(backup_usage, stdout);
		return 0;
	}
	bool verify = optind + 2 == argc && strcmp(argv[optind], "verify") == 0;
	if (!verify && optind + 1 != argc)
		return bad_usage("backup", "expected: FOLDER, or: verify FOLDER");
	if (!wishes.config != verify || (verify && wishes.secrets))
		return bad_usage(
		    "backup", verify ? "verify needs no --config and no --secrets" : "needs --config FILE");
	const char *folder = argv[argc - 1];
	struct progress progress = { .what = verify ? "verify" : "backup", .show = isatty(STDERR_FILENO) };
	umask(077);
	enum error error =
	    verify ? backup_verify(folder, &progress, &manifest, digest, &failure)
		   : backup_make(wishes.config, folder, wishes.secrets, &progress, &manifest, digest, &failure);
	progress_end(&progress);
	return finish(
	    "backup", verify ? "verified" : "backed up", folder, error, &manifest, digest, &failure, wishes.json);
}

static int restore_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "history", required_argument, NULL, 'i' },
		{ "configuration", required_argument, NULL, 'g' },
		{ "user", required_argument, NULL, 'u' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct wishes_read wishes = { 0 };
	struct manifest manifest = { 0 };
	struct failure failure = { 0 };
	struct progress progress = { .what = "restore", .show = isatty(STDERR_FILENO) };
	uint8_t digest[32];
	if (!read_options(argc, argv, options, &wishes))
		return bad_usage("restore", NULL);
	if (wishes.help) {
		fputs(restore_usage, stdout);
		return 0;
	}
	if (optind + 2 != argc)
		return bad_usage("restore", "expected: BACKUP STATE");
	struct restore_wish wish = { argv[optind], argv[optind + 1], wishes.history, wishes.configuration,
		wishes.user };
	umask(077);
	enum error error = backup_restore(&wish, &progress, &manifest, digest, &failure);
	progress_end(&progress);
	return finish("restore", "restored", wish.state, error, &manifest, digest, &failure, wishes.json);
}

const struct command backup_command = {
	.name = "backup",
	.summary = "copy a running centre into a folder, or check such a copy",
	.run = backup_run,
};

const struct command restore_command = {
	.name = "restore",
	.summary = "make a centre's data of a backup",
	.run = restore_run,
};
