/*
 * The option table of the group `center`, and the list of all groups.
 */
#include "center/settings.h"

#include "center/capabilities.h"
#include "net/address.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool listen_parse(const char *listen, char host[static 64], uint16_t *port)
{
	const char *colon = strrchr(listen, ':');
	if (!colon)
		return false;
	struct text name = { listen, (size_t)(colon - listen) };
	if (name.size >= 2 && name.at[0] == '[' && name.at[name.size - 1] == ']')
		name = (struct text){ name.at + 1, name.size - 2 };
	struct address address;
	uint64_t number;
	if (!address_parse(name, &address) || !text_to_u64(text_of(colon + 1), &number) || number > 65535)
		return false;
	*port = (uint16_t)number;
	return text_copy(name, host, 64);
}

bool host_is_loopback(const char *host)
{
	struct prefix loopback4, loopback6;
	struct address address;
	return prefix_parse(TEXT("127.0.0.0/8"), &loopback4) && prefix_parse(TEXT("::1"), &loopback6) &&
	       address_parse(text_of(host), &address) &&
	       (prefix_contains(loopback4, address) || prefix_contains(loopback6, address));
}

static const char *listen_problem(const char *value)
{
	char host[64];
	uint16_t port;
	return listen_parse(value, host, &port) ? NULL : "expected ADDRESS:PORT, such as 127.0.0.1:8443 or [::1]:8443";
}

static const char *machines_problem(const char *value)
{
	return *value ? listen_problem(value) : NULL;
}

static const char *url_problem(const char *value)
{
	struct text url = text_of(value);
	if (url.size == 0)
		return NULL;
	if (!text_starts(url, TEXT("https://")) && !text_starts(url, TEXT("http://")))
		return "expected a URL that begins with https://";
	return text_ends(url, TEXT("/")) ? "expected no slash at the end" : NULL;
}

#define AT(member) offsetof(struct center_settings, member)

static const struct option center_options[] = {
	{ "listen", OPTION_TEXT, AT(listen), "127.0.0.1:8443", .check = listen_problem, .fixed = true,
	    .summary = "Address and port for pages, programs and agents; beyond loopback a key and a certificate are "
		       "needed." },
	{ "machines", OPTION_TEXT, AT(machines), NULL, .check = machines_problem, .fixed = true,
	    .summary = "Address and port at which machines show certificates instead of tokens; needs a key and a "
		       "certificate; empty: there is none." },
	{ "certificate_life", OPTION_DURATION, AT(certificate_life), "7 d", 5, 86400.0 * 397,
	    .summary = "How long a machine's certificate is good; it is renewed by itself when half of that is over." },
	{ "tls_certificate", OPTION_PATH, AT(tls_certificate), NULL,
	    .summary = "PEM file: the certificate and its chain." },
	{ "tls_key", OPTION_PATH, AT(tls_key), NULL, .summary = "PEM file: the private key; readable by nobody else." },
	{ "tls_1_2", OPTION_BOOLEAN, AT(tls_1_2), "false", .fixed = true,
	    .summary = "Take TLS 1.2 too, as TAXII 2.1 wants it of a server, with forward secrecy and authenticated "
		       "encryption alone; else 1.3. Machines speak 1.3 in either case." },
	{ "state", OPTION_PATH, AT(state), "/var/lib/noroshi", .fixed = true,
	    .summary = "Folder of the state store; made when it is not there." },
	{ "history", OPTION_PATH, AT(history), NULL, .fixed = true,
	    .summary = "Folder of the alerts; empty: \"history\" in the state folder." },
	{ "user", OPTION_TEXT, AT(user), NULL, .fixed = true,
	    .summary = "Account of the system that the processes run as; needed when root starts the centre." },
	{ "public_url", OPTION_TEXT, AT(public_url), NULL, .check = url_problem, .fixed = true,
	    .summary = "How people reach the pages, for links in mails; empty: made from the address." },
	{ "pages", OPTION_PATH, AT(pages), NULL, .fixed = true,
	    .summary = "Folder of the web pages; empty: the one that was installed." },
	{ "quota", OPTION_REAL, AT(quota), "20000", 0, 1e9, "alerts a second",
	    .summary = "What one organisation may send, sustained, unless it has its own quota; 0: no limit." },
	{ "quota_size", OPTION_SIZE, AT(quota_size), "1 KiB", 64, 1 << 20,
	    .summary =
		"A batch counts against the quota by its alerts, or by so many bytes (decompressed) as one alert, "
		"whichever is more." },
	{ "quota_burst", OPTION_DURATION, AT(quota_burst), "60 s", 1, 86400,
	    .summary = "Quota that was not used for at most so long may be used at once." },
	{ "batch_body", OPTION_SIZE, AT(batch_body), "64 MiB", 1024, 1 << 30, .fixed = true,
	    .summary = "The largest body of one batch of alerts, as it is sent." },
	{ "batch_unpacked", OPTION_SIZE, AT(batch_unpacked), "512 MiB", 1024, 1 << 30,
	    .summary = "The largest batch of alerts after decompression." },
	{ "queue", OPTION_SIZE, AT(queue), "128 MiB", 1 << 20, 1 << 30,
	    .summary =
		"Bytes of batches of one organisation that may wait at a time; more are told to come again later." },
	{ "overload", OPTION_DURATION, AT(overload), "2 s", 0.1, 60,
	    .summary = "When a batch that was let in waits longer, statistics and searches are put off and no saved-up "
		       "quota is given out." },
	{ "retention", OPTION_DURATION, AT(retention), "400 d", 86400, 86400.0 * 36500,
	    .summary = "How long alerts are kept after they were received." },
	{ "records_size", OPTION_SIZE, AT(records_size), "100 GiB", 0, 1e15,
	    .summary = "Bytes of one organisation's records at most: beyond, the oldest are removed before their "
		       "centre_days are "
		       "over; 0: no limit." },
	{ "silence", OPTION_DURATION, AT(silence), "15 min", 1, 86400.0 * 30,
	    .summary = "A sensor of which nothing was heard for so long is silent; see also fleet.silence_factor." },
	{ "session_idle", OPTION_DURATION, AT(session_idle), "12 h", 60, 86400.0 * 7,
	    .summary = "A session that was not used for so long ends." },
	{ "session_longest", OPTION_DURATION, AT(session_longest), "72 h", 60, 86400.0 * 30,
	    .summary = "Every session ends after so long." },
	{ "metrics_loopback", OPTION_BOOLEAN, AT(metrics_loopback), "false",
	    .summary = "Show /metrics without a token to programs on this machine." },
	{ NULL },
};

void settings_groups(struct center_settings *settings, struct option_group groups[static SETTINGS_GROUPS])
{
	size_t count = 0;
	groups[count++] = (struct option_group){ "center", center_options, settings, sizeof *settings, NULL, NULL };
	for (size_t i = 0; capabilities[i]; i++)
		for (const struct option_group *group = capabilities[i]->options; group && group->name; group++)
			if (count < SETTINGS_GROUPS - 1)
				groups[count++] = *group;
	groups[count] = (struct option_group){ 0 };
}

enum error settings_check(const struct center_settings *settings, struct failure *failure)
{
	bool certificate = settings->tls_certificate && *settings->tls_certificate;
	bool key = settings->tls_key && *settings->tls_key;
	char host[64];
	uint16_t port;
	if (certificate != key)
		return fail(failure, ERROR_USAGE,
		    "center.%s is set without center.%s: a key and its certificate come together",
		    key ? "tls_key" : "tls_certificate", key ? "tls_certificate" : "tls_key");
	if (!settings->listen || !listen_parse(settings->listen, host, &port))
		return fail(failure, ERROR_USAGE, "center.listen: expected ADDRESS:PORT, such as 127.0.0.1:8443");
	if (settings->machines && *settings->machines && !key)
		return fail(
		    failure, ERROR_USAGE, "center.machines needs TLS: set center.tls_key and center.tls_certificate");
	if (!key && !host_is_loopback(host))
		return fail(failure, ERROR_USAGE,
		    "center.listen is %s, which others can reach: set center.tls_key and center.tls_certificate, or "
		    "listen on "
		    "127.0.0.1",
		    settings->listen);
	return OK;
}

void settings_listen(struct center_settings *settings, const char *listen)
{
	char *other = *listen ? strdup(listen) : NULL;
	if (!other)
		return;
	free(settings->listen);
	settings->listen = other;
}

enum error settings_try(
    const char *name, struct text text, const char *listen, const struct settings_look *look, struct failure *failure)
{
	struct center_settings settings = { 0 };
	struct option_group groups[SETTINGS_GROUPS];
	settings_groups(&settings, groups);
	for (size_t i = 1; groups[i].name; i++)
		groups[i].settings = NULL; /* the capabilities' own are in use */
	enum error error = config_read_text(name, text, groups, failure);
	if (error == OK) {
		settings_listen(&settings, listen);
		error = settings_check(&settings, failure);
	}
	if (error == OK && look)
		error = look->look(look->context, &settings, failure);
	config_free(groups);
	return error;
}
