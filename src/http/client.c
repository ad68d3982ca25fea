/*
 * The HTTP client, over libcurl. In: a request of one of our programs. Out: the whole answer in memory, bounded. Rule
 * 12 is kept at the socket: libcurl asks before it connects to an address, whatever name or redirect led to it.
 */
#include "http/client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	struct client_settings settings;
	char *authorities, *certificate, *key, *pin;
	CURL *curl;
	struct builder body;
	bool too_large, refused;
	bool loopback_only; /* plain http: only to this machine */
	char refused_address[ADDRESS_TEXT];
	char words[CURL_ERROR_SIZE];
	struct client_answer *answer;
	const struct client_request *request; /* under way */
};

static size_t take_body(char *bytes, size_t one, size_t size, void *context)
{
	struct client *client = context;
	long status = 0;
	(void)one;
	if (client->request->take && curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
	    status == 200)
		return client->request->take(client->request->context, (struct text){ bytes, size }) ? size : 0;
	if (size > client->settings.largest || client->body.size > client->settings.largest - size) {
		client->too_large = true;
		return 0;
	}
	build_text(&client->body, (struct text){ bytes, size });
	return client->body.failed ? 0 : size;
}

static bool value_of(struct text line, struct text name, char *to, size_t room)
{
	if (line.size <= name.size || line.at[name.size] != ':' ||
	    !text_equal_nocase((struct text){ line.at, name.size }, name))
		return false;
	text_copy(text_trim((struct text){ line.at + name.size + 1, line.size - name.size - 1 }), to, room);
	return true;
}

static size_t take_header(char *bytes, size_t one, size_t size, void *context)
{
	struct client *client = context;
	struct text line = text_trim((struct text){ bytes, size });
	const char *note = client->request->note;
	(void)one;
	if (note)
		value_of(line, text_of(note), client->answer->noted, sizeof client->answer->noted);
	if (text_starts(line, TEXT("HTTP/"))) { /* of the next answer after a redirect: forget the last one's */
		struct client_answer *answer = client->answer;
		answer->type[0] = answer->etag[0] = answer->location[0] = answer->noted[0] = 0;
	} else if (!value_of(line, TEXT("content-type"), client->answer->type, sizeof client->answer->type) &&
		   !value_of(line, TEXT("etag"), client->answer->etag, sizeof client->answer->etag)) {
		value_of(line, TEXT("location"), client->answer->location, sizeof client->answer->location);
	}
	return size;
}

static bool is_loopback(struct address address)
{
	static const uint8_t one[16] = { [15] = 1 };
	return address_is_v4(address) ? address.bytes[12] == 127 : memcmp(address.bytes, one, 16) == 0;
}

static bool to_address(const struct sockaddr *from, struct address *address)
{
	memset(address, 0, sizeof *address);
	if (from->sa_family == AF_INET) {
		address->bytes[10] = address->bytes[11] = 0xff;
		memcpy(address->bytes + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
		return true;
	}
	if (from->sa_family == AF_INET6) {
		memcpy(address->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
		return true;
	}
	return false;
}

/* Called for each address that is about to be connected to. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct client *client = context;
	struct address address;
	(void)purpose;
	bool known = to_address(&to->addr, &address);
	bool allowed =
	    known && (client->settings.allow_private || (!address_is_private(address) && address_exists(address)));
	if (allowed && client->loopback_only)
		allowed = is_loopback(address);
	if (allowed && client->settings.allowed)
		allowed = client->settings.allowed(client->settings.context, address);
	if (!allowed) {
		client->refused = true;
		if (known)
			address_format(address, client->refused_address);
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static char *copy_path(const char *path, bool *failed)
{
	char *copy = path ? strdup(path) : NULL;
	*failed |= path && !copy;
	return copy;
}

enum error client_new(const struct client_settings *settings, struct client **made, struct failure *failure)
{
	bool failed = false;
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		return fail(failure, ERROR_MEMORY, "no memory for an HTTP client");
	client->settings = *settings;
	client->authorities = copy_path(settings->authorities, &failed);
	client->certificate = copy_path(settings->certificate, &failed);
	client->key = copy_path(settings->key, &failed);
	client->pin = copy_path(settings->pin, &failed);
	if (client->settings.connect_within == 0)
		client->settings.connect_within = 10 * SECOND;
	if (client->settings.answer_within == 0)
		client->settings.answer_within = 60 * SECOND;
	if (client->settings.largest == 0)
		client->settings.largest = 16 << 20;
	client->curl = curl_easy_init();
	if (failed || !client->curl) {
		client_free(client);
		return fail(failure, ERROR_MEMORY, "no memory for an HTTP client");
	}
	*made = client;
	return OK;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	builder_free(&client->body);
	free(client->authorities);
	free(client->certificate);
	free(client->key);
	free(client->pin);
	free(client);
}

static bool is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static bool add_header(struct curl_slist **headers, const char *format, const char *value)
{
	char line[2048];
	if (snprintf(line, sizeof line, format, value) >= (int)sizeof line || !is_line(line))
		return false;
	struct curl_slist *more = curl_slist_append(*headers, line);
	if (more)
		*headers = more;
	return more != NULL;
}

static bool make_headers(const struct client_request *request, struct curl_slist **headers)
{
	bool sound = add_header(headers, "Expect:%s", ""); /* bodies are sent at once */
	for (const char *const *header = request->headers; header && *header && sound; header++)
		sound = add_header(headers, "%s", *header);
	if (request->token && sound)
		sound = add_header(headers, "Authorization: Bearer %s", request->token);
	if (request->type && sound)
		sound = add_header(headers, "Content-Type: %s", request->type);
	if (request->encoding && sound)
		sound = add_header(headers, "Content-Encoding: %s", request->encoding);
	return sound;
}

static void set_policy(struct client *client, const char *url)
{
	const struct client_settings *settings = &client->settings;
	CURL *curl = client->curl;
	bool plain = strncasecmp(url, "http://", 7) == 0;
	client->loopback_only = plain && !settings->allow_plain;
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "http,https" : "https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, settings->allow_plain ? "http,https" : "https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, settings->redirects ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)settings->redirects);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, client);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (client->authorities) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, client->authorities);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (client->certificate)
		curl_easy_setopt(curl, CURLOPT_SSLCERT, client->certificate);
	if (client->key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, client->key);
	if (client->pin) {
		curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, client->pin);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, client->authorities ? 1L : 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, client->authorities ? 2L : 0L);
	}
}

static int tend_feed(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	struct client *client = context;
	(void)total, (void)now, (void)up_total, (void)up;
	return client->request->take(client->request->context, TEXT_NONE) ? 0 : 1;
}

static void set_feed(struct client *client, const struct client_request *request)
{
	CURL *curl = client->curl;
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 0L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)(request->idle_within / SECOND));
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tend_feed);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
}

static void set_request(struct client *client, const struct client_request *request, struct curl_slist *headers)
{
	CURL *curl = client->curl;
	const char *method = request->method ? request->method : "GET";
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->words);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(client->settings.connect_within / MILLISECOND));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(client->settings.answer_within / MILLISECOND));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, client);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (request->compressed)
		curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (request->fresh) {
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
		curl_easy_setopt(curl, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	}
	if (request->body.size > 0 || strcmp(method, "POST") == 0) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at ? request->body.at : "");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
	}
	/* A redirected POST becomes a GET unless the method is fixed; only other methods are. */
	if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0 && strcmp(method, "HEAD") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static enum error judge(struct client *client, CURLcode result, const char *url, struct failure *failure)
{
	const char *words = client->words[0] ? client->words : curl_easy_strerror(result);
	if (result == CURLE_OK)
		return OK;
	if (client->too_large)
		return fail(failure, ERROR_LIMIT, "%.200s: the answer is larger than %llu bytes", url,
		    (unsigned long long)client->settings.largest);
	if (client->refused)
		return fail(
		    failure, ERROR_DENIED, "%.200s: connecting to %s is not allowed", url, client->refused_address);
	if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
		return fail(
		    failure, ERROR_INPUT, "%.200s: not an http or https address that may be used: %.100s", url, words);
	if (result == CURLE_OUT_OF_MEMORY)
		return fail(failure, ERROR_MEMORY, "%.200s: no memory", url);
	if (result == CURLE_OPERATION_TIMEDOUT)
		return fail(failure, ERROR_AGAIN, "%.200s: %.200s", url, words);
	return fail(failure, ERROR_SYSTEM, "%.200s: %.200s", url, words);
}

static nanoseconds time_of(struct client *client, CURLINFO which)
{
	curl_off_t microseconds = 0;
	curl_easy_getinfo(client->curl, which, &microseconds);
	return microseconds * MICROSECOND;
}

static void take_times(struct client *client, struct client_times *times)
{
	*times = (struct client_times){ .resolved = time_of(client, CURLINFO_NAMELOOKUP_TIME_T),
		.connected = time_of(client, CURLINFO_CONNECT_TIME_T),
		.secured = time_of(client, CURLINFO_APPCONNECT_TIME_T),
		.answered = time_of(client, CURLINFO_STARTTRANSFER_TIME_T),
		.total = time_of(client, CURLINFO_TOTAL_TIME_T) };
}

enum error client_request(
    struct client *client, const struct client_request *request, struct client_answer *answer, struct failure *failure)
{
	struct curl_slist *headers = NULL;
	long status = 0;
	*answer = (struct client_answer){ 0 };
	client->answer = answer;
	client->too_large = client->refused = false;
	client->words[0] = client->refused_address[0] = 0;
	builder_clear(&client->body);
	curl_easy_reset(client->curl); /* options only: the connection stays */
	if (!request->url || !is_line(request->url) || !make_headers(request, &headers)) {
		curl_slist_free_all(headers);
		return fail(failure, ERROR_INPUT,
		    "a header or the address of a request holds control characters, or is too long");
	}
	set_policy(client, request->url);
	set_request(client, request, headers);
	client->request = request;
	if (request->take)
		set_feed(client, request);
	CURLcode result = curl_easy_perform(client->curl);
	curl_slist_free_all(headers);
	take_times(client, &answer->times);
	enum error error = judge(client, result, request->url, failure);
	if (error)
		return error;
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_off_t retry_after = 0; /* seconds, or until a date */
	curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &retry_after);
	answer->retry_after = retry_after < 0 ? 0 : retry_after < UINT32_MAX ? (uint32_t)retry_after : UINT32_MAX;
	answer->status = (uint16_t)status;
	answer->body = (struct text){ client->body.at, client->body.size };
	return OK;
}
