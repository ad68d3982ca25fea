/*
 * A machine that has enrolled: its certificate in use, and its renewal; see machine.h.
 */
#include "watch/machine.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "model/machine.h"
#include "watch/machine_folder.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define WAIT_LEAST SECOND
#define WAIT_MOST HOUR

/* ── the folder ─ */

void machine_name_files(struct machine *machine, const char *folder)
{
	text_copy(text_of(folder), machine->folder, sizeof machine->folder);
	snprintf(machine->authorities, sizeof machine->authorities, "%s/authorities.pem", machine->folder);
	snprintf(machine->current, sizeof machine->current, "%s/current.pem", machine->folder);
	snprintf(machine->next, sizeof machine->next, "%s/next.pem", machine->folder);
	snprintf(machine->problem, sizeof machine->problem, "%s/problem", machine->folder);
}

enum error machine_read_settings(struct machine *machine, struct failure *failure)
{
	char path[4096], *at;
	size_t size;
	snprintf(path, sizeof path, "%s/machine.json", machine->folder);
	enum error error = file_read(path, 65536, &at, &size, failure);
	if (error)
		return error;
	json_t *json = json_loadb(at, size, 0, NULL);
	const char *server = json_string_value(json_object_get(json, "server"));
	text_copy(text_of(server), machine->server, sizeof machine->server);
	text_copy(text_of(json_string_value(json_object_get(json, "pin"))), machine->pin, sizeof machine->pin);
	machine->has_authorities = json_is_true(json_object_get(json, "authorities"));
	json_decref(json);
	free(at);
	return *machine->server ? OK : fail(failure, ERROR_CORRUPT, "%s: it should name the centre's server", path);
}

int machine_lock(const struct machine *machine, struct failure *failure)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lock", machine->folder);
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
		return lock;
	if (lock >= 0) {
		close(lock);
		fail(failure, ERROR_CONFLICT, "%s: another program is renewing its certificate", machine->folder);
	} else
		fail_errno(failure, "%s", path);
	return -1;
}

static enum error read_current(struct machine *machine, struct failure *failure)
{
	struct machine_pair pair;
	enum error error = machine_pair_read(machine->current, &pair, failure);
	if (!error && !pair.has_certificate)
		error = fail(failure, ERROR_CORRUPT, "%s: it should hold a certificate of its key", machine->current);
	if (!error) {
		machine->pair = pair;
		explicit_bzero(machine->pair.pem, sizeof machine->pair.pem); /* the client reads it where it needs it */
	}
	machine_pair_wipe(&pair);
	return error;
}

enum error machine_open(const char *folder, struct machine **opened, struct failure *failure)
{
	struct machine *machine = calloc(1, sizeof *machine);
	if (!machine)
		return fail(failure, ERROR_MEMORY, "no memory for the machine's certificate");
	machine_name_files(machine, folder);
	enum error error = machine_read_settings(machine, failure);
	if (!error)
		error = read_current(machine, failure);
	if (error == ERROR_NOT_FOUND)
		fail(failure, error, "%s: no machine has enrolled here: `noroshi enrol --help`", folder);
	if (error) {
		free(machine);
		return error;
	}
	*opened = machine;
	return OK;
}

void machine_free(struct machine *machine)
{
	free(machine);
}

const char *machine_server(const struct machine *machine)
{
	return machine->server;
}

void machine_client(const struct machine *machine, struct client_settings *settings)
{
	settings->authorities = machine->has_authorities ? machine->authorities : NULL;
	settings->pin = *machine->pin ? machine->pin : NULL;
	settings->certificate = settings->key = machine->current;
	settings->allow_private = true; /* its own centre */
}

/* ── when ─ */

static nanoseconds life_of(const struct machine_pair *pair)
{
	return pair->not_after - pair->not_before - CERTIFICATE_BACKDATE;
}

/* By this machine's clock, counted from when it got the certificate, so that a wrong clock does not matter. In the
 * middle of its life, a quarter of that half more or less: the same for one certificate, another for each. */
static nanoseconds renew_at(const struct machine_pair *pair)
{
	uint64_t dice = hash_text(text_of(pair->serial), 72) % 1000;
	return pair->written + life_of(pair) / 8 * 3 + life_of(pair) / 4000 * (nanoseconds)dice;
}

static bool is_due(const struct machine_pair *pair, nanoseconds now)
{
	return now >= renew_at(pair) || now < pair->written - MINUTE; /* the clock was set back */
}

/* ── the centre ─ */

static enum error client_for(
    const struct machine *machine, const char *with, struct client **client, struct failure *failure)
{
	struct client_settings settings = { .answer_within = 30 * SECOND, .largest = 65536 };
	machine_client(machine, &settings);
	settings.certificate = settings.key = with;
	return client_new(&settings, client, failure);
}

/* OK with an answer of this status; else what the centre's refusal means. */
static enum error judge(const struct client_answer *answer, unsigned wanted, struct failure *failure)
{
	if (answer->status == wanted)
		return OK;
	json_t *json = json_loadb(answer->body.at ? answer->body.at : "", answer->body.size, 0, NULL);
	const char *detail = json_string_value(json_object_get(json, "detail"));
	bool refused = answer->status == 400 || answer->status == 401 || answer->status == 403;
	enum error error = fail(failure, refused ? ERROR_DENIED : ERROR_AGAIN, "the centre answers %u%s%.300s",
	    answer->status, detail ? ": " : "", detail ? detail : "");
	json_decref(json);
	return error;
}

static enum error request(struct machine *machine, const char *with, const char *path, struct text body,
    unsigned wanted, json_t **output, struct failure *failure)
{
	struct client *client;
	struct client_answer answer;
	char url[700];
	snprintf(url, sizeof url, "%s%s", machine->server, path);
	enum error error = client_for(machine, with, &client, failure);
	if (error)
		return error;
	const struct client_request asked = { .method = body.size ? "POST" : "GET",
		.url = url,
		.body = body,
		.type = body.size ? "application/json" : NULL };
	error = client_request(client, &asked, &answer, failure);
	if (error == ERROR_SYSTEM)
		error = failure->code = ERROR_AGAIN;
	if (!error)
		error = judge(&answer, wanted, failure);
	if (!error && !(*output = json_loadb(answer.body.at ? answer.body.at : "", answer.body.size, 0, NULL)))
		error = fail(failure, ERROR_AGAIN, "the centre's answer is no JSON");
	client_free(client);
	return error;
}

enum error machine_ask(struct machine *machine, const char *with, const char *token, struct failure *failure)
{
	struct machine_pair pair;
	struct builder pem = { 0 };
	json_t *answer = NULL;
	enum error error = machine_pair_read(machine->next, &pair, failure);
	if (!error)
		error = machine_key_request(&pair, &pem, failure);
	machine_pair_wipe(&pair);
	json_t *asked = error ? NULL : json_pack("{s:s}", "request", pem.at);
	if (token && asked)
		json_object_set_new(asked, "token", json_string(token));
	char *body = asked ? json_dumps(asked, JSON_COMPACT) : NULL;
	if (!error && !body)
		error = fail(failure, ERROR_MEMORY, "no memory to ask for a certificate");
	if (!error)
		error = request(machine, with, token ? "/v1/machine/enrolment" : "/v1/machine/certificate",
		    text_of(body), 201, &answer, failure);
	if (!error)
		error = machine_key_complete(
		    machine->next, text_of(json_string_value(json_object_get(answer, "certificate"))), failure);
	if (body)
		explicit_bzero(body, strlen(body));
	free(body);
	json_decref(asked);
	json_decref(answer);
	builder_free(&pem);
	return error;
}

/* Certificates do not depend on this machine's clock, but alerts do. */
static void look_at_clock(struct machine *machine, const json_t *answer)
{
	nanoseconds there, away;
	const char *now = json_string_value(json_object_get(answer, "now"));
	if (!now || !time_parse(text_of(now), 0, &there, NULL))
		return;
	away = time_now() - there;
	bool skewed = away > MINUTE || away < -MINUTE;
	if (skewed && !machine->skewed)
		log_write(LOG_WARNING, "this machine's clock differs from the centre's",
		    LOG_FIELD_NUMBER("seconds", away / SECOND));
	machine->skewed = skewed;
}

enum error machine_try(struct machine *machine, const char *with, struct failure *failure)
{
	json_t *answer = NULL;
	enum error error = request(machine, with, "/v1/machine", TEXT_NONE, 200, &answer, failure);
	if (!error)
		look_at_clock(machine, answer);
	json_decref(answer);
	return error;
}

/* ── renewal ─ */

enum error machine_take_next(struct machine *machine, struct failure *failure)
{
	enum error error = file_rename(machine->next, machine->current, failure);
	return error ? error : read_current(machine, failure);
}

enum error machine_prepare(struct machine *machine, bool *complete, struct failure *failure)
{
	struct machine_pair pair;
	enum error error = machine_pair_read(machine->next, &pair, failure);
	*complete = !error && pair.has_certificate;
	machine_pair_wipe(&pair);
	if (error == ERROR_NOT_FOUND || error == ERROR_CORRUPT)
		error = machine_key_make(machine->next, failure);
	return error;
}

static enum error renew_locked(struct machine *machine, struct failure *failure)
{
	bool complete;
	enum error error = machine_prepare(machine, &complete, failure);
	if (!error && !complete)
		error = machine_ask(machine, machine->current, NULL, failure);
	if (!error)
		error = machine_try(machine, machine->next, failure);
	/* One that is refused is of no use: the next try begins with a new key. */
	if (error == ERROR_DENIED)
		file_remove(machine->next, NULL);
	return error ? error : machine_take_next(machine, failure);
}

enum error machine_renew(struct machine *machine, struct failure *failure)
{
	int lock = machine_lock(machine, failure);
	if (lock < 0)
		return failure->code;
	enum error error = read_current(machine, failure);
	if (!error)
		error = renew_locked(machine, failure);
	close(lock);
	return error;
}

static void complain(struct machine *machine, nanoseconds now, const struct failure *failure)
{
	nanoseconds life = life_of(&machine->pair), left = machine->pair.written + life - now;
	char end[TIME_TEXT];
	uint32_t dice;
	struct failure ignored;
	random_bytes(&dice, sizeof dice);
	machine->wait = life / 32 < WAIT_LEAST ? WAIT_LEAST : life / 32 > WAIT_MOST ? WAIT_MOST : life / 32;
	machine->wait += machine->wait / 4000 * (nanoseconds)(dice % 1000);
	machine->tried = now;
	log_write(left < life / 4 ? LOG_ERROR : LOG_WARNING,
	    left < life / 4 ? "the machine's certificate ends soon and cannot be renewed"
			    : "the machine's certificate cannot be renewed yet",
	    LOG_FIELD_STRING("why", failure->words),
	    LOG_FIELD_STRING("ends", time_format(machine->pair.not_after, end)));
	file_replace(machine->problem, text_of(failure->words), 0600, &ignored);
}

static void be_content(struct machine *machine)
{
	char end[TIME_TEXT];
	log_write(LOG_INFO, "the machine's certificate was renewed",
	    LOG_FIELD_STRING("ends", time_format(machine->pair.not_after, end)));
	machine->tried = 0;
	if (access(machine->problem, F_OK) == 0)
		file_remove(machine->problem, NULL);
}

bool machine_tend(struct machine *machine)
{
	struct failure failure = { 0 };
	nanoseconds now = time_now();
	char before[sizeof machine->pair.serial];
	if (!is_due(&machine->pair, now) ||
	    (machine->tried && now >= machine->tried && now < machine->tried + machine->wait))
		return false;
	strcpy(before, machine->pair.serial);
	/* Another program of this machine may have renewed it. */
	if (read_current(machine, &failure) == OK && strcmp(before, machine->pair.serial) != 0) {
		machine->tried = 0;
		return true;
	}
	enum error error = machine_renew(machine, &failure);
	if (error == ERROR_CONFLICT)
		return false; /* it is at it */
	if (error)
		complain(machine, now, &failure);
	else
		be_content(machine);
	return strcmp(before, machine->pair.serial) != 0;
}

bool machine_denied(struct machine *machine)
{
	struct failure failure;
	char before[sizeof machine->pair.serial];
	strcpy(before, machine->pair.serial);
	return read_current(machine, &failure) == OK && strcmp(before, machine->pair.serial) != 0;
}

/* ── status ─ */

static void put_time(json_t *object, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	json_object_set_new(object, name, json_string(time_format(time, text)));
}

enum error machine_status(const char *folder, struct builder *to, struct failure *failure)
{
	struct machine *machine;
	char *problem = NULL;
	size_t size = 0;
	enum error error = machine_open(folder, &machine, failure);
	if (error)
		return error;
	json_t *object = json_pack("{s:s,s:s}", "server", machine->server, "serial", machine->pair.serial);
	put_time(object, "not_before", machine->pair.not_before);
	put_time(object, "not_after", machine->pair.not_after);
	put_time(object, "renew_at", renew_at(&machine->pair));
	if (file_read(machine->problem, 4096, &problem, &size, NULL) == OK)
		json_object_set_new(object, "problem", json_stringn(problem, size));
	char *text = json_dumps(object, JSON_COMPACT);
	build_text(to, text_of(text));
	build_char(to, '\n');
	free(text);
	free(problem);
	json_decref(object);
	machine_free(machine);
	return to->failed ? fail(failure, ERROR_MEMORY, "no memory for the status") : OK;
}
