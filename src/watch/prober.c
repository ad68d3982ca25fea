/*
 * Threads that measure. See prober.h.
 *
 * One mutex guards the queue of sites by the time they are due, and the list of what was measured. A thread takes the
 * site that is due next, waits for its time, measures, and puts it back for the next time.
 */
#include "watch/prober.h"

#include "base/hash.h"
#include "base/version.h"
#include "http/client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct result {
	struct measurement measurement;
	char words[256];
};

struct prober {
	const struct probe_options *options;
	bool once, ending;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	nanoseconds *due;       /* of each site, monotonic; INT64_MAX: under way, or done */
	bool *quick;            /* each site */
	size_t taken;           /* results that the owner took */
	struct result *results; /* a ring with room for one of each site */
	size_t first, count;
	pthread_t *threads;
	size_t thread_count;
	int event;
};

/* ── one measurement ─ */

static bool is_in_networks(void *context, struct address address)
{
	const struct probe_options *options = context;
	for (size_t i = 0; i < options->network_count; i++)
		if (prefix_contains(options->networks[i], address))
			return true;
	return options->network_count == 0;
}

static enum error make_client(const struct probe_options *options, struct client **client, struct failure *failure)
{
	const struct client_settings settings = { .authorities = *options->authorities ? options->authorities : NULL,
		.connect_within = options->timeout,
		.answer_within = options->timeout,
		.largest = options->body,
		.allow_private = options->network_count > 0,
		.allow_plain = true,
		.allowed = is_in_networks,
		.context = (void *)options };
	return client_new(&settings, client, failure);
}

static enum site_outcome outcome_of(const struct probe_site *site, enum error error, uint16_t status)
{
	if (error == ERROR_AGAIN)
		return SITE_TIMEOUT;
	if (error)
		return error == ERROR_LIMIT ? SITE_ERROR : SITE_NO_ANSWER;
	return (site->status ? status == site->status : status < 400) ? SITE_ANSWERED : SITE_ERROR;
}

static void measure(struct prober *prober, struct client *client, size_t index, struct result *result)
{
	const struct probe_site *site = &prober->options->sites[index];
	char agent[200];
	const char *headers[] = { agent, "Cache-Control: no-cache", NULL };
	const struct client_request request = { .url = site->url, .headers = headers, .fresh = true };
	struct client_answer answer;
	struct failure failure = { 0 };
	const char *contact = prober->options->contact;
	snprintf(agent, sizeof agent, "User-Agent: Noroshi-probe/" NOROSHI_VERSION "%s%.100s%s", *contact ? " (" : "",
	    contact, *contact ? ")" : "");
	nanoseconds begun = time_now();
	enum error error = client_request(client, &request, &answer, &failure);
	result->measurement = (struct measurement){ .time = begun,
		.site = (uint32_t)index,
		.outcome = outcome_of(site, error, answer.status),
		.status = answer.status,
		.resolve = answer.times.resolved,
		.connect = answer.times.connected,
		.tls = answer.times.secured,
		.first = answer.times.answered,
		.total = answer.times.total,
		.size = error ? 0 : answer.body.size,
		.content = error || !site->content ? 0 : content_fingerprint(answer.body.at, answer.body.size) };
	text_copy(text_of(failure.words), result->words, sizeof result->words);
}

/* ── threads ─ */

static size_t due_next(const struct prober *prober)
{
	size_t next = 0;
	for (size_t i = 1; i < prober->options->site_count; i++)
		if (prober->due[i] < prober->due[next])
			next = i;
	return next;
}

static void put(struct prober *prober, const struct result *result)
{
	size_t room = prober->options->site_count;
	prober->results[(prober->first + prober->count++) % room] = *result;
	uint64_t one = 1;
	if (write(prober->event, &one, sizeof one) != sizeof one) {
		/* the counter is full: it is readable already */
	}
}

static void wait_until(struct prober *prober, nanoseconds due)
{
	struct timespec until = { .tv_sec = due / SECOND, .tv_nsec = due % SECOND };
	if (due == INT64_MAX)
		pthread_cond_wait(&prober->changed, &prober->mutex);
	else
		pthread_cond_timedwait(&prober->changed, &prober->mutex, &until);
}

static nanoseconds interval_of(const struct prober *prober, size_t index)
{
	const struct probe_options *options = prober->options;
	bool quick = prober->quick[index] && options->announced_interval < options->interval;
	return quick ? options->announced_interval : options->interval;
}

static void *work(void *context)
{
	struct prober *prober = context;
	struct client *client = NULL;
	struct failure failure;
	struct result result = { 0 };
	if (make_client(prober->options, &client, &failure) != OK)
		return NULL; /* prober_new() made one: it can be made */
	pthread_mutex_lock(&prober->mutex);
	while (!prober->ending) {
		size_t index = due_next(prober);
		nanoseconds due = prober->due[index];
		/* A ring that is full means that the owner takes nothing: measuring waits for it. */
		if (due > time_monotonic() || prober->count == prober->options->site_count) {
			wait_until(prober, due > time_monotonic() ? due : time_monotonic() + SECOND);
			continue;
		}
		prober->due[index] = INT64_MAX;
		pthread_mutex_unlock(&prober->mutex);
		measure(prober, client, index, &result);
		pthread_mutex_lock(&prober->mutex);
		put(prober, &result);
		nanoseconds next = due + interval_of(prober, index), now = time_monotonic();
		prober->due[index] = prober->once ? INT64_MAX : next > now ? next : now;
		pthread_cond_broadcast(&prober->changed);
	}
	pthread_mutex_unlock(&prober->mutex);
	client_free(client);
	return NULL;
}

static enum error start_threads(struct prober *prober, struct failure *failure)
{
	size_t jobs = (size_t)prober->options->jobs, sites = prober->options->site_count;
	sigset_t all, before;
	jobs = jobs < sites ? jobs : sites;
	prober->threads = calloc(jobs, sizeof *prober->threads);
	if (!prober->threads)
		return fail(failure, ERROR_MEMORY, "no memory for %zu threads", jobs);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (prober->thread_count < jobs &&
	       pthread_create(&prober->threads[prober->thread_count], NULL, work, prober) == 0)
		prober->thread_count++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return prober->thread_count ? OK : fail(failure, ERROR_SYSTEM, "no thread to measure with");
}

/* ── for the owner ─ */

/* Sites begin spread over the interval, so that not all are asked in the same second. */
static void spread(struct prober *prober)
{
	nanoseconds now = time_monotonic();
	size_t sites = prober->options->site_count;
	for (size_t i = 0; i < sites; i++)
		prober->due[i] =
		    prober->once ? now : now + prober->options->interval / (nanoseconds)sites * (nanoseconds)i;
}

enum error prober_new(const struct probe_options *options, bool once, struct prober **made, struct failure *failure)
{
	pthread_condattr_t monotonic;
	struct client *client;
	struct prober *prober = calloc(1, sizeof *prober);
	if (!prober)
		return fail(failure, ERROR_MEMORY, "no memory to measure");
	prober->options = options;
	prober->once = once;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&prober->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&prober->mutex, NULL);
	prober->due = calloc(options->site_count, sizeof *prober->due);
	prober->quick = calloc(options->site_count, sizeof *prober->quick);
	prober->results = calloc(options->site_count, sizeof *prober->results);
	prober->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	enum error error = prober->due && prober->quick && prober->results && prober->event >= 0
			       ? make_client(options, &client, failure)
			       : fail(failure, ERROR_MEMORY, "no memory to measure");
	if (!error) {
		client_free(client);
		spread(prober);
		error = start_threads(prober, failure);
	}
	if (error)
		prober_free(prober);
	else
		*made = prober;
	return error;
}

void prober_free(struct prober *prober)
{
	if (!prober)
		return;
	pthread_mutex_lock(&prober->mutex);
	prober->ending = true;
	pthread_cond_broadcast(&prober->changed);
	pthread_mutex_unlock(&prober->mutex);
	for (size_t i = 0; i < prober->thread_count; i++)
		pthread_join(prober->threads[i], NULL);
	pthread_cond_destroy(&prober->changed);
	pthread_mutex_destroy(&prober->mutex);
	if (prober->event >= 0)
		close(prober->event);
	free(prober->threads);
	free(prober->results);
	free(prober->quick);
	free(prober->due);
	free(prober);
}

void prober_quicken(struct prober *prober, const bool *quick)
{
	nanoseconds now = time_monotonic();
	pthread_mutex_lock(&prober->mutex);
	for (size_t i = 0; i < prober->options->site_count; i++) {
		if (quick[i] && !prober->quick[i] && prober->due[i] != INT64_MAX && prober->due[i] > now)
			prober->due[i] = now;
		prober->quick[i] = quick[i];
	}
	pthread_cond_broadcast(&prober->changed);
	pthread_mutex_unlock(&prober->mutex);
}

int prober_descriptor(const struct prober *prober)
{
	return prober->event;
}

bool prober_take(struct prober *prober, struct measurement *measurement, char words[static 256])
{
	uint64_t count;
	pthread_mutex_lock(&prober->mutex);
	bool any = prober->count > 0;
	if (any) {
		const struct result *result = &prober->results[prober->first];
		*measurement = result->measurement;
		memcpy(words, result->words, sizeof result->words);
		prober->first = (prober->first + 1) % prober->options->site_count;
		prober->count--;
		prober->taken++;
		pthread_cond_broadcast(&prober->changed);
	} else if (read(prober->event, &count, sizeof count) < 0) {
		/* nothing came in between either */
	}
	pthread_mutex_unlock(&prober->mutex);
	return any;
}

bool prober_done(const struct prober *prober)
{
	return prober->once && prober->taken == prober->options->site_count;
}
