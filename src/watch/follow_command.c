/*
 * `noroshi follow`; see follow_command.h.
 *
 * In: a feed of the centre (GET /v1/sensor/indicators). Out: the folder. One connection, kept; it is begun anew with
 * the number of the last line that is there.
 */
#include "watch/follow_command.h"

#include "base/dump.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "http/client.h"
#include "watch/machine.h"
#include "watch/shared_folder.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IDLE MINUTE /* the centre says something every 20 s */
#define RETRY_LEAST SECOND
#define RETRY_MOST MINUTE
#define AGAIN (500 * MILLISECOND) /* at most, after a connection that ended in order */

struct following {
	const char *server, *token_file, *authorities, *machine_folder, *to;
	bool once, help;
	struct machine *machine;
	struct client *client;
	struct shared_folder *folder;
	char token[256];
	struct failure broken; /* of the folder: ends it all */
	nanoseconds tended;
	bool renewed;
	unsigned failures;
};

static const char usage[] =
    "usage: noroshi follow --to FOLDER --machine FOLDER\n"
    "       noroshi follow --to FOLDER --server URL --token-file FILE [--ca FILE]\n"
    "\n"
    "Keeps what the exchange shares with a sensor in a folder, as it changes, for `noroshi sensor --shared`.\n"
    "\n"
    "  --to FOLDER        where it goes; made when it is not there\n"
    "  --machine FOLDER   who is shown to which centre, as `noroshi enrol` left it\n"
    "  --server URL       the centre, without a machine's folder\n"
    "  --token-file FILE  its first line is the sensor's token\n"
    "  --ca FILE          PEM that the centre's certificate is checked against\n"
    "  --once             take what there is, and end\n"
    "  --help             this text\n"
    "\n"
    "Exit codes: 0 done (--once), 1 --once: the centre was not reached, 2 bad usage, or the folder cannot be kept.\n";

static int read_words(int argc, char **argv, struct following *following)
{
	static const struct option longs[] = { { "to", required_argument, NULL, 't' },
		{ "machine", required_argument, NULL, 'm' }, { "server", required_argument, NULL, 's' },
		{ "token-file", required_argument, NULL, 'f' }, { "ca", required_argument, NULL, 'c' },
		{ "once", no_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		const char **to = option == 't'   ? &following->to
				  : option == 'm' ? &following->machine_folder
				  : option == 's' ? &following->server
				  : option == 'f' ? &following->token_file
				  : option == 'c' ? &following->authorities
						  : NULL;
		if (to)
			*to = optarg;
		else if (option == 'o')
			following->once = true;
		else if (option == 'h')
			following->help = true;
		else
			return 2;
	}
	bool who = following->machine_folder ? !following->server && !following->token_file
					     : following->server && following->token_file;
	if (following->help || (following->to && who && optind == argc))
		return 0;
	fputs("noroshi follow: --to, and --machine or --server with --token-file, are needed\n", stderr);
	return 2;
}

static enum error read_token(struct following *following, struct failure *failure)
{
	char *bytes;
	size_t size;
	enum error error = file_read(following->token_file, 65536, &bytes, &size, failure);
	if (error)
		return error;
	struct text rest = { bytes, size };
	text_copy(text_trim(text_cut(&rest, '\n')), following->token, sizeof following->token);
	free(bytes);
	return OK;
}

static enum error new_client(struct following *following, struct failure *failure)
{
	struct client_settings settings = { .authorities = following->authorities, .allow_private = true };
	if (following->machine)
		machine_client(following->machine, &settings);
	client_free(following->client);
	following->client = NULL;
	following->renewed = false;
	return client_new(&settings, &following->client, failure);
}

/* Of the feed: its bytes, and now and then none. False: the connection is to end. */
static bool take(void *context, struct text bytes)
{
	struct following *following = context;
	nanoseconds now = time_monotonic();
	if (bytes.size > 0 && shared_folder_take(following->folder, bytes, &following->broken) != OK)
		return false;
	if (now - following->tended < SECOND)
		return true;
	following->tended = now;
	if (shared_folder_tend(following->folder, &following->broken) != OK)
		return false;
	if (following->machine && machine_tend(following->machine))
		following->renewed = true;
	return !following->renewed && !following->once;
}

static enum error ask(struct following *following, struct client_answer *answer, struct failure *failure)
{
	char url[1024];
	struct indicator_recent_state state = shared_folder_state(following->folder);
	snprintf(url, sizeof url, "%s/v1/sensor/indicators?since=%llu%s%s",
	    following->machine ? machine_server(following->machine) : following->server,
	    (unsigned long long)state.number, state.epoch[0] ? "&epoch=" : "", state.epoch);
	const struct client_request request = { .url = url,
		.token = following->machine ? NULL : following->token,
		.take = take,
		.context = following,
		.idle_within = IDLE };
	shared_folder_cut(following->folder);
	return client_request(following->client, &request, answer, failure);
}

static void rest(struct following *following, nanoseconds most)
{
	uint32_t dice;
	struct failure failure;
	random_bytes(&dice, sizeof dice);
	nanoseconds wait = most / 2 + (nanoseconds)((double)most / 2 * (dice / 4294967296.0));
	struct timespec time = { .tv_sec = wait / SECOND, .tv_nsec = wait % SECOND };
	nanosleep(&time, NULL);
	if (shared_folder_tend(following->folder, &failure) != OK)
		following->broken = failure;
}

static nanoseconds back_off(struct following *following)
{
	nanoseconds step = RETRY_LEAST;
	for (unsigned i = 0; i < following->failures && step < RETRY_MOST; i++)
		step *= 2;
	following->failures++;
	return step < RETRY_MOST ? step : RETRY_MOST;
}

/* One connection, whatever came of it. How long to rest before the next, at most. */
static nanoseconds follow_once(struct following *following)
{
	struct client_answer answer;
	struct failure failure = { 0 };
	uint64_t before = shared_folder_state(following->folder).number;
	enum error error = ask(following, &answer, &failure);
	if (following->broken.code)
		return 0;
	bool moved = shared_folder_state(following->folder).number != before;
	if (following->renewed) {
		new_client(following, &following->broken);
		return 0;
	}
	if (error == OK && answer.status == 200) {
		following->failures = 0;
		return moved ? 0 : AGAIN;
	}
	if (moved)
		following->failures = 0;
	if (following->failures == 0)
		log_write(LOG_WARNING, "what is shared is not followed now",
		    LOG_FIELD_STRING("why", error ? failure.words : "the centre refuses"),
		    LOG_FIELD_NUMBER("status", error ? 0 : answer.status));
	if (following->machine && !error && answer.status == 401 && machine_denied(following->machine))
		new_client(following, &following->broken);
	nanoseconds asked = error ? 0 : (nanoseconds)answer.retry_after * SECOND, own = back_off(following);
	return asked > own ? asked : own;
}

static enum error begin(struct following *following, struct failure *failure)
{
	enum error error = dump_forbid(failure);
	if (!error && following->machine_folder)
		error = machine_open(following->machine_folder, &following->machine, failure);
	if (!error && following->token_file)
		error = read_token(following, failure);
	if (!error)
		error = shared_folder_open(following->to, &following->folder, failure);
	return error ? error : new_client(following, failure);
}

/* Until nothing more comes at once. */
static int take_once(struct following *following)
{
	uint64_t before;
	do {
		before = shared_folder_state(following->folder).number;
		follow_once(following);
	} while (!following->broken.code && shared_folder_state(following->folder).number != before);
	return following->failures && !shared_folder_state(following->folder).epoch[0];
}

int follow_command(int argc, char **argv)
{
	struct following following = { 0 };
	struct failure failure = { 0 };
	int status = read_words(argc, argv, &following);
	if (status || following.help) {
		if (following.help)
			fputs(usage, stdout);
		return status;
	}
	log_setup("follow", LOG_INFO, !isatty(STDERR_FILENO));
	enum error error = begin(&following, &failure);
	if (!error && following.once)
		status = take_once(&following);
	while (!error && !following.once && !following.broken.code) {
		nanoseconds most = follow_once(&following);
		if (most > 0 && !following.broken.code)
			rest(&following, most);
	}
	if (!error && following.broken.code) {
		failure = following.broken;
		error = failure.code;
	}
	if (error)
		fprintf(stderr, "noroshi follow: %s\n", failure.words);
	shared_folder_free(following.folder);
	client_free(following.client);
	machine_free(following.machine);
	return error ? 2 : status;
}
