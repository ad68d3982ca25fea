/*
 * Argon2id on a thread: questions go in by a list under a mutex, answers come back by a list and an eventfd.
 */
#include "center/passwords.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WAITING_MOST 64
#define PASSWORD_MOST 1024 /* bytes; longer ones never match and are refused before */

struct question {
	struct question *next;
	bool check, matches;
	char stored[PASSWORD_HASH], hash[PASSWORD_HASH];
	char password[PASSWORD_MOST], fresh[PASSWORD_MOST];
	size_t password_size, fresh_size;
	password_callback done;
	void *context;
};

struct passwords {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t asked;
	struct question *first, **last, *answered; /* under the mutex, as all that follows */
	unsigned waiting;
	bool ending;
	int event;
	struct watch *watch;
	char dummy[PASSWORD_HASH]; /* what a name that does not exist is checked against */
};

static bool hash(const char *password, size_t size, char to[static PASSWORD_HASH])
{
	char encoded[crypto_pwhash_STRBYTES];
	_Static_assert(crypto_pwhash_STRBYTES <= PASSWORD_HASH, "an account has no room for the hash");
	if (crypto_pwhash_str(
		encoded, password, size, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return false;
	memcpy(to, encoded, sizeof encoded);
	return true;
}

enum error password_hash(struct text password, char to[static PASSWORD_HASH], struct failure *failure)
{
	if (sodium_init() < 0 || !hash(password.at, password.size, to))
		return fail(failure, ERROR_MEMORY, "no memory to hash a password");
	return OK;
}

static void answer(struct passwords *passwords, struct question *question)
{
	question->matches = true;
	if (question->check) {
		const char *stored = *question->stored ? question->stored : passwords->dummy;
		bool same = crypto_pwhash_str_verify(stored, question->password, question->password_size) == 0;
		question->matches = same && *question->stored;
	}
	if (question->matches && question->fresh_size > 0 &&
	    !hash(question->fresh, question->fresh_size, question->hash))
		question->hash[0] = 0;
	sodium_memzero(question->password, sizeof question->password);
	sodium_memzero(question->fresh, sizeof question->fresh);
}

static void *work(void *context)
{
	struct passwords *passwords = context;
	pthread_mutex_lock(&passwords->mutex);
	while (!passwords->ending) {
		struct question *question = passwords->first;
		if (!question) {
			pthread_cond_wait(&passwords->asked, &passwords->mutex);
			continue;
		}
		passwords->first = question->next;
		if (!passwords->first)
			passwords->last = &passwords->first;
		pthread_mutex_unlock(&passwords->mutex);
		answer(passwords, question);
		pthread_mutex_lock(&passwords->mutex);
		question->next = passwords->answered;
		passwords->answered = question;
		eventfd_write(passwords->event, 1);
	}
	pthread_mutex_unlock(&passwords->mutex);
	return NULL;
}

static void deliver(void *context, int descriptor, unsigned ready)
{
	(void)ready;
	struct passwords *passwords = context;
	eventfd_t count;
	eventfd_read(descriptor, &count);
	pthread_mutex_lock(&passwords->mutex);
	struct question *question = passwords->answered;
	passwords->answered = NULL;
	for (struct question *each = question; each; each = each->next)
		passwords->waiting--;
	pthread_mutex_unlock(&passwords->mutex);
	while (question) {
		struct question *next = question->next;
		question->done(question->context, question->matches, question->hash);
		sodium_memzero(question, sizeof *question);
		free(question);
		question = next;
	}
}

enum error passwords_new(struct loop *loop, struct passwords **to, struct failure *failure)
{
	struct passwords *passwords = calloc(1, sizeof *passwords);
	if (!passwords)
		return fail(failure, ERROR_MEMORY, "no memory for the password thread");
	passwords->last = &passwords->first;
	pthread_mutex_init(&passwords->mutex, NULL);
	pthread_cond_init(&passwords->asked, NULL);
	char secret[32];
	if (sodium_init() < 0) {
		free(passwords);
		return fail(failure, ERROR_SYSTEM, "libsodium does not start");
	}
	randombytes_buf(secret, sizeof secret);
	passwords->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (passwords->event >= 0)
		passwords->watch = loop_descriptor(loop, passwords->event, LOOP_READ, deliver, passwords);
	if (!passwords->watch || !hash(secret, sizeof secret, passwords->dummy) ||
	    pthread_create(&passwords->thread, NULL, work, passwords) != 0) {
		if (passwords->watch)
			watch_stop(passwords->watch);
		if (passwords->event >= 0)
			close(passwords->event);
		free(passwords);
		return fail(failure, ERROR_MEMORY, "no memory for the password thread");
	}
	*to = passwords;
	return OK;
}

static void drop(struct question *question)
{
	while (question) {
		struct question *next = question->next;
		sodium_memzero(question, sizeof *question);
		free(question);
		question = next;
	}
}

void passwords_free(struct passwords *passwords)
{
	if (!passwords)
		return;
	pthread_mutex_lock(&passwords->mutex);
	passwords->ending = true;
	pthread_cond_signal(&passwords->asked);
	pthread_mutex_unlock(&passwords->mutex);
	pthread_join(passwords->thread, NULL);
	watch_stop(passwords->watch);
	close(passwords->event);
	drop(passwords->first);
	drop(passwords->answered);
	free(passwords);
}

enum error passwords_ask(struct passwords *passwords, bool check, const char *stored, struct text password,
    struct text fresh, password_callback done, void *context)
{
	if (password.size > PASSWORD_MOST || fresh.size > PASSWORD_MOST)
		return ERROR_INPUT;
	struct question *question = calloc(1, sizeof *question);
	if (!question)
		return ERROR_MEMORY;
	question->check = check;
	text_copy(text_of(stored), question->stored, sizeof question->stored);
	if (password.size)
		memcpy(question->password, password.at, password.size);
	question->password_size = password.size;
	if (fresh.size)
		memcpy(question->fresh, fresh.at, fresh.size);
	question->fresh_size = fresh.size;
	question->done = done;
	question->context = context;
	pthread_mutex_lock(&passwords->mutex);
	bool full = passwords->waiting >= WAITING_MOST;
	if (!full) {
		passwords->waiting++;
		*passwords->last = question;
		passwords->last = &question->next;
		pthread_cond_signal(&passwords->asked);
	}
	pthread_mutex_unlock(&passwords->mutex);
	if (full)
		drop(question);
	return full ? ERROR_LIMIT : OK;
}
