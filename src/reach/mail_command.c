/*
 * `noroshi reach mail`: mails that came in, from a pipe, files, an mbox or a maildir; what each says about which of our
 * mails out, as JSON lines or to a centre. The mail server, or whoever fetches the mails of the sender's address,
 * starts it; so nothing that talks to strangers reads mails at the centre.
 */
#include "base/catalog.h"
#include "base/file.h"
#include "base/language.h"
#include "http/client.h"
#include "reach/answer.h"
#include "reach/command.h"

#include <dirent.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define INBOX_LARGEST (256u << 20)

struct run {
	const char *server, *authorities;
	struct client *client; /* NULL: say it on standard output */
	uint64_t read, told;
	bool failed;
};

static const char *const help[] = {
	N_("usage: noroshi reach mail [options] FILE…"),
	"",
	N_("Reads mails that came in to the centre's sender address: a message from standard input (\"-\"), files of "
	   "one"),
	N_("message, mbox files, or maildir folders. Says which of the centre's mails came back and why (RFC 3464), "
	   "and"),
	N_("which were answered by a person; automatic answers (RFC 3834) do not count."),
	"",
	N_("  --server URL     tell the centre there (https://…), instead of writing JSON lines; what was told is "
	   "moved"),
	N_("                   from new to cur in a maildir"),
	N_("  --ca-file FILE   certificates (PEM) that the centre's must descend from (default: the system's)"),
	N_("  --language LANG  ja or en (default: as LANG in the environment says)"),
	N_("  --help           this text"),
	"",
	N_("Exit codes: 0 done, 1 the centre could not be told of some, 2 bad usage or a file that cannot be read."),
};

static enum error post(struct run *run, const struct mail_answer *answer, json_t *object, struct failure *failure)
{
	char id[UUID_TEXT], url[1024];
	char *body = json_dumps(object, 0);
	struct client_answer told;
	snprintf(url, sizeof url, "%s/v1/dispatch-mails/%s", run->server, uuid_format(answer->recipient, id));
	struct client_request request = {
		.method = "POST", .url = url, .body = text_of(body), .type = "application/json"
	};
	enum error error =
	    body ? client_request(run->client, &request, &told, failure) : fail(failure, ERROR_MEMORY, "no memory");
	free(body);
	if (error == OK && told.status == 404)
		fprintf(stderr, "noroshi reach mail: the centre knows no such mail\n");
	else if (error == OK && told.status >= 300)
		error = fail(failure, ERROR_SYSTEM, "the centre answered %u", told.status);
	return error;
}

/* Whether it is done with: told, or nothing to tell. */
static bool tell(struct run *run, struct text message)
{
	struct mail_answer answer;
	struct failure failure;
	mail_answer_read(message, &answer);
	run->read++;
	json_t *object = json_pack("{s:s}", "kind", mail_answer_kind_code(answer.kind));
	if (answer.kind == ANSWER_BOUNCE) {
		json_object_set_new(object, "status", json_string(answer.status));
		json_object_set_new(object, "words", json_string(answer.words));
	}
	if (answer.kind == ANSWER_REPLY)
		json_object_set_new(object, "from", json_string(answer.from));
	bool done = true;
	if (!run->client) {
		char id[UUID_TEXT];
		if (answer.kind != ANSWER_NONE)
			json_object_set_new(object, "recipient", json_string(uuid_format(answer.recipient, id)));
		json_dumpf(object, stdout, 0);
		putchar('\n');
	} else if (answer.kind == ANSWER_BOUNCE || answer.kind == ANSWER_REPLY) {
		done = post(run, &answer, object, &failure) == OK;
		if (!done)
			fprintf(stderr, "noroshi reach mail: %s\n", failure.words);
	}
	run->told += done;
	json_decref(object);
	return done;
}

/* An mbox holds several: each begins with a line "From …" behind an empty one. */
static bool tell_all(struct run *run, struct text inbox)
{
	bool done = true;
	if (!text_starts(inbox, TEXT("From ")))
		return tell(run, inbox);
	while (inbox.size > 0) {
		ptrdiff_t next = text_find(inbox, TEXT("\n\nFrom "));
		size_t size = next < 0 ? inbox.size : (size_t)next + 2;
		done &= tell(run, (struct text){ inbox.at, size });
		inbox = (struct text){ inbox.at + size, inbox.size - size };
	}
	return done;
}

static bool read_file(struct run *run, const char *path)
{
	char *at;
	size_t size;
	struct failure failure;
	if (file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, INBOX_LARGEST, &at, &size, &failure) != OK) {
		fprintf(stderr, "noroshi reach mail: %s\n", failure.words);
		run->failed = true;
		return false;
	}
	bool done = tell_all(run, (struct text){ at, size });
	free(at);
	return done;
}

static void read_maildir(struct run *run, const char *folder)
{
	char path[PATH_MAX], seen[PATH_MAX];
	snprintf(path, sizeof path, "%s/new", folder);
	DIR *new = opendir(path);
	if (!new) {
		fprintf(stderr, "noroshi reach mail: %s: no maildir: %m\n", path);
		run->failed = true;
		return;
	}
	for (struct dirent *entry; (entry = readdir(new));) {
		if (entry->d_name[0] == '.')
			continue;
		bool fits = snprintf(path, sizeof path, "%s/new/%s", folder, entry->d_name) < (int)sizeof path &&
			    snprintf(seen, sizeof seen, "%s/cur/%s:2,S", folder, entry->d_name) < (int)sizeof seen;
		if (fits && read_file(run, path) && run->client && rename(path, seen) != 0) {
			fprintf(stderr, "noroshi reach mail: %s cannot be moved to cur: %m\n", path);
			run->failed = true;
		}
	}
	closedir(new);
}

static int look(struct run *run, char **files)
{
	struct failure failure;
	struct client_settings settings = { .authorities = run->authorities, .allow_private = true };
	if (run->server && client_new(&settings, &run->client, &failure) != OK) {
		fprintf(stderr, "noroshi reach mail: %s\n", failure.words);
		return 2;
	}
	for (; *files; files++) {
		struct stat stat_of;
		if (stat(*files, &stat_of) == 0 && S_ISDIR(stat_of.st_mode))
			read_maildir(run, *files);
		else
			read_file(run, *files);
	}
	client_free(run->client);
	return run->failed || fflush(stdout) != 0 ? 2 : run->told < run->read;
}

int reach_mail_command(int argc, char **argv)
{
	enum { SERVER = 1, AUTHORITIES, LANGUAGE, HELP };
	static const struct option options[] = { { "server", required_argument, NULL, SERVER },
		{ "ca-file", required_argument, NULL, AUTHORITIES }, { "language", required_argument, NULL, LANGUAGE },
		{ "help", no_argument, NULL, HELP }, { NULL, 0, NULL, 0 } };
	struct run run = { 0 };
	const char *language = NULL;
	bool wants_help = false;
	int choice;
	optind = 1;
	opterr = 0;
	while ((choice = getopt_long(argc, argv, "", options, NULL)) != -1) {
		run.server = choice == SERVER ? optarg : run.server;
		run.authorities = choice == AUTHORITIES ? optarg : run.authorities;
		language = choice == LANGUAGE ? optarg : language;
		wants_help |= choice == HELP;
		if (choice == '?') {
			fprintf(stderr, "noroshi reach mail: there is no such option, or its value is missing: %s\n",
			    argv[optind - 1]);
			return 2;
		}
	}
	if (!wants_help)
		return optind < argc ? look(&run, argv + optind)
				     : (fprintf(stderr, "noroshi reach mail: give at least one file, or \"-\"\n"), 2);
	struct catalog *japanese = language_catalog(language);
	for (size_t i = 0; i < sizeof help / sizeof *help; i++)
		puts(help[i][0] ? catalog_string(japanese, help[i]) : "");
	catalog_free(japanese);
	return 0;
}
