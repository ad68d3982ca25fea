/*
 * Becoming a sensor: a key is made here, a token and a signing request go to the centre, a certificate comes back.
 *
 * Each step is on disk before the next begins, and each can be taken again: a crash between the request and its answer
 * leaves the key in next.pem, and the same token with the same key is given the same certificate.
 */
#include "base/file.h"
#include "watch/machine_folder.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUTHORITIES_LARGEST 65536

/* Beyond this machine only what is encrypted. */
static enum error check(const struct machine_wish *wish, struct failure *failure)
{
	struct text server = text_of(wish->server);
	if (!text_starts(server, TEXT("https://")) || server.size >= 512)
		return fail(
		    failure, ERROR_USAGE, "--server: expected https://name:port, the centre's door for machines");
	if (wish->pin && (!text_starts(text_of(wish->pin), TEXT("sha256//")) || strlen(wish->pin) >= 1024))
		return fail(
		    failure, ERROR_USAGE, "--pin: expected sha256// and the Base64 of the server key's SHA-256");
	if (strlen(wish->folder) >= 3800)
		return fail(failure, ERROR_USAGE, "--machine: the path is too long");
	return OK;
}

static enum error save_authorities(
    const struct machine_wish *wish, const struct machine *machine, struct failure *failure)
{
	char *at;
	size_t size;
	if (!wish->authorities)
		return OK;
	enum error error = file_read(wish->authorities, AUTHORITIES_LARGEST, &at, &size, failure);
	if (error)
		return error;
	error = file_replace(machine->authorities, (struct text){ at, size }, 0600, failure);
	free(at);
	return error;
}

static enum error save_settings(const struct machine_wish *wish, const struct machine *machine, struct failure *failure)
{
	char path[4096];
	struct text server = text_of(wish->server);
	while (server.size && server.at[server.size - 1] == '/')
		server.size--;
	json_t *json =
	    json_pack("{s:s#,s:b}", "server", server.at, (int)server.size, "authorities", wish->authorities != NULL);
	if (wish->pin)
		json_object_set_new(json, "pin", json_string(wish->pin));
	char *text = json_dumps(json, JSON_INDENT(2));
	snprintf(path, sizeof path, "%s/machine.json", machine->folder);
	enum error error = text ? file_replace(path, text_of(text), 0600, failure)
				: fail(failure, ERROR_MEMORY, "no memory for %s", path);
	free(text);
	json_decref(json);
	return error;
}

static enum error become(struct machine *machine, const char *token, struct failure *failure)
{
	bool complete;
	enum error error = machine_prepare(machine, &complete, failure);
	if (!error && !complete)
		error = machine_ask(machine, NULL, token, failure);
	if (!error)
		error = machine_try(machine, machine->next, failure);
	if (error == ERROR_DENIED && complete) { /* of an earlier enrolment: this token deserves a key of its own */
		error = machine_key_make(machine->next, failure);
		if (!error)
			error = machine_ask(machine, NULL, token, failure);
		if (!error)
			error = machine_try(machine, machine->next, failure);
	}
	return error ? error : machine_take_next(machine, failure);
}

static enum error enrol_locked(
    const struct machine_wish *wish, struct machine *machine, bool *already, struct failure *failure)
{
	struct failure none;
	bool here = machine_read_settings(machine, &none) == OK && access(machine->current, F_OK) == 0;
	if (here) {
		enum error error = machine_try(machine, machine->current, failure);
		*already = error == OK;
		if (error != ERROR_DENIED) /* let in, or nobody knows: the token is kept for when it is known */
			return error;
	}
	enum error error = save_authorities(wish, machine, failure);
	if (!error)
		error = save_settings(wish, machine, failure);
	if (!error)
		error = machine_read_settings(machine, failure);
	return error ? error : become(machine, wish->token, failure);
}

enum error machine_enrol(const struct machine_wish *wish, bool *already, struct failure *failure)
{
	*already = false;
	enum error error = check(wish, failure);
	if (!error)
		error = directory_make(wish->folder, 0700, failure);
	struct machine *machine = error ? NULL : calloc(1, sizeof *machine);
	if (!error && !machine)
		error = fail(failure, ERROR_MEMORY, "no memory to enrol");
	if (error)
		return error;
	machine_name_files(machine, wish->folder);
	int lock = machine_lock(machine, failure);
	error = lock < 0 ? failure->code : enrol_locked(wish, machine, already, failure);
	if (lock >= 0)
		close(lock);
	machine_free(machine);
	return error;
}
