/*
 * Impossible order: a session that ends and never began, or ends twice; rights used at a terminal by an account that
 * nobody signed in as. Where the evidence would be a beginning that was before the log, nothing is said until the host
 * was watched for a while; and nothing once sessions had to be forgotten.
 */
#include "watch/auth.h"

#include "watch/behaviour_table.h"

#include <stdio.h>
#include <stdlib.h>

#define SESSIONS 4u /* of them there are more than of anything else: each job of cron is one */

struct session {
	uint32_t boot;
	bool open;
	nanoseconds closed; /* 0 = not yet */
};

struct account {
	uint32_t boot, open; /* sessions */
	nanoseconds said;
};

struct host {
	nanoseconds first; /* seen */
	nanoseconds said[AUTH_FINDING_KINDS];
	uint32_t boot; /* how often it began: what was open then is gone */
};

struct order {
	const struct auth_settings *settings;
	struct behaviour_table *sessions, *accounts, *hosts;
};

static void order_free(void *state)
{
	struct order *order = state;
	table_free(order->sessions);
	table_free(order->accounts);
	table_free(order->hosts);
	free(order);
}

static void *order_make(const struct auth_settings *settings)
{
	struct order *order = calloc(1, sizeof *order);
	if (!order)
		return NULL;
	order->settings = settings;
	order->sessions =
	    table_new(SESSIONS * settings->entries, sizeof(uint64_t), sizeof(struct session), settings->seed);
	order->accounts = table_new(settings->entries, sizeof(uint64_t), sizeof(struct account), settings->seed);
	order->hosts = table_new(settings->entries, sizeof(uint64_t), sizeof(struct host), settings->seed);
	if (!order->sessions || !order->accounts || !order->hosts) {
		order_free(order);
		return NULL;
	}
	return order;
}

static void tell(const struct order *order, const struct auth_event *event, struct host *host,
    enum auth_finding_kind kind, nanoseconds *said, auth_sink sink, void *context)
{
	static const char *const words[AUTH_FINDING_KINDS] = {
		[AUTH_CLOSED_AGAIN] = "the same process ended this session before, and none began since",
		[AUTH_NEVER_OPENED] = "no log line says that it began, in all the time that this host was watched",
		[AUTH_NO_SESSION] = "no session of the account is open on this host, and a terminal was used",
	};
	nanoseconds now = event->message->occurred;
	struct auth_finding finding = { .kind = kind,
		.first = host->first,
		.last = now,
		.host = event->host,
		.account = event->fact->account,
		.service = event->fact->service,
		.object = event->fact->object,
		.count = 1 };
	if (*said && now - *said < order->settings->repeat)
		return;
	*said = now;
	snprintf(finding.words, sizeof finding.words, "%s", words[kind]);
	sink(context, &finding);
}

/* The manager of a user's services is no sign-in. */
static bool is_session(const struct auth_fact *fact)
{
	return !text_equal(fact->service, TEXT("systemd-user")) && !text_equal(fact->service, TEXT("polkit-1")) &&
	       !text_equal(fact->service, TEXT("runuser")) && fact->account.size;
}

static uint64_t session_key(const struct order *order, const struct auth_event *event)
{
	uint64_t who = auth_key(order->settings, event->host, event->fact->account);
	return hash_text(event->message->process, hash_text(event->fact->service, who));
}

static void on_session(
    struct order *order, const struct auth_event *event, struct host *host, auth_sink sink, void *context)
{
	nanoseconds now = event->message->occurred;
	uint64_t who = auth_key(order->settings, event->host, event->fact->account), key = session_key(order, event);
	struct account *account = table_take(order->accounts, &who, now, NULL);
	struct session *session = table_take(order->sessions, &key, now, NULL);
	if (account->boot != host->boot)
		*account = (struct account){ .boot = host->boot, .said = account->said };
	if (session->boot != host->boot)
		*session = (struct session){ .boot = host->boot };
	if (event->fact->kind == AUTH_OPENED) {
		account->open++;
		*session = (struct session){ .boot = host->boot, .open = true };
		return;
	}
	bool watched = now - host->first >= order->settings->order_learn && !table_forgotten(order->sessions);
	if (session->open)
		account->open -= account->open > 0;
	else if (session->closed && event->message->process.size && event->fact->repeats == 1)
		tell(order, event, host, AUTH_CLOSED_AGAIN, &host->said[AUTH_CLOSED_AGAIN], sink, context);
	else if (watched && event->message->process.size)
		tell(order, event, host, AUTH_NEVER_OPENED, &host->said[AUTH_NEVER_OPENED], sink, context);
	session->open = false;
	session->closed = now;
}

static void on_rights(
    struct order *order, const struct auth_event *event, struct host *host, auth_sink sink, void *context)
{
	nanoseconds now = event->message->occurred;
	uint64_t who = auth_key(order->settings, event->host, event->fact->account);
	struct account *account = table_take(order->accounts, &who, now, NULL);
	bool watched = now - host->first >= order->settings->order_learn && !table_forgotten(order->accounts);
	if (account->boot != host->boot)
		*account = (struct account){ .boot = host->boot, .said = account->said };
	if (watched && event->fact->terminal.size && account->open == 0)
		tell(order, event, host, AUTH_NO_SESSION, &account->said, sink, context);
}

static void order_see(void *state, const struct auth_event *event, auth_sink sink, void *context)
{
	struct order *order = state;
	nanoseconds now = event->message->occurred;
	uint64_t key = hash_text(event->host, order->settings->seed);
	struct host *host = table_take(order->hosts, &key, now, NULL);
	if (!host->first)
		host->first = now;
	if (!event->fact)
		return;
	switch (event->fact->kind) {
	case AUTH_BOOTED:
		host->boot++;
		break;
	case AUTH_OPENED:
	case AUTH_CLOSED:
		if (is_session(event->fact))
			on_session(order, event, host, sink, context);
		break;
	case AUTH_COMMAND:
	case AUTH_SWITCHED:
		on_rights(order, event, host, sink, context);
		break;
	default:
		break;
	}
}

static uint64_t order_forgotten(const void *state)
{
	const struct order *order = state;
	return table_forgotten(order->sessions) + table_forgotten(order->accounts) + table_forgotten(order->hosts);
}

const struct auth_detector auth_order = {
	.name = "order",
	.make = order_make,
	.free = order_free,
	.see = order_see,
	.forgotten = order_forgotten,
};
