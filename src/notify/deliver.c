/*
 * One SMTP session for one message.
 */
#include "notify/deliver.h"

#include "base/file.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sending {
	struct text rest; /* of the message */
	char answer[256]; /* the last line that the server said */
};

static size_t read_message(char *to, size_t size, size_t count, void *context)
{
	struct sending *sending = context;
	size_t room = size * count;
	size_t taken = sending->rest.size < room ? sending->rest.size : room;
	memcpy(to, sending->rest.at, taken);
	sending->rest = (struct text){ sending->rest.at + taken, sending->rest.size - taken };
	return taken;
}

static size_t read_answer(char *from, size_t size, size_t count, void *context)
{
	struct sending *sending = context;
	struct text line = text_trim((struct text){ from, size * count });
	char printable[3 * 256 + 1];
	if (line.size > 256)
		line.size = 256;
	if (line.size > 0 && !text_starts(line, TEXT("221"))) { /* the good-bye says nothing */
		size_t written = text_make_printable(line, printable);
		text_copy((struct text){ printable, written }, sending->answer, sizeof sending->answer);
	}
	return size * count;
}

static enum error read_password(const char *path, char **password, struct failure *failure)
{
	size_t size;
	enum error error = file_read(path, 4096, password, &size, failure);
	if (error == OK)
		(*password)[strcspn(*password, "\r\n")] = '\0';
	return error;
}

static bool is_set(const char *value)
{
	return value && value[0] != '\0';
}

/* The server says who we are by the domain of the sender: "smtp://host:port/our.domain". */
static void make_url(const struct notify_settings *settings, char *url, size_t size)
{
	const char *at = strchr(settings->smtp_from, '@');
	size_t length = strlen(settings->smtp_server);
	while (length > 0 && settings->smtp_server[length - 1] == '/')
		length--;
	snprintf(url, size, "%.*s/%s", (int)length, settings->smtp_server, at ? at + 1 : "localhost");
}

static long wanted_tls(const struct notify_settings *settings)
{
	if (strcmp(settings->smtp_starttls, "never") == 0)
		return CURLUSESSL_NONE;
	return strcmp(settings->smtp_starttls, "if-offered") == 0 ? CURLUSESSL_TRY : CURLUSESSL_ALL;
}

static void set_options(
    CURL *curl, const struct notify_settings *settings, struct sending *sending, struct curl_slist *recipients)
{
	char url[600], from[300];
	make_url(settings, url, sizeof url);
	snprintf(from, sizeof from, "<%s>", settings->smtp_from);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* never by way of the environment's */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(settings->smtp_timeout / MILLISECOND));
	curl_easy_setopt(curl, CURLOPT_USE_SSL, wanted_tls(settings));
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (is_set(settings->smtp_ca_file))
		curl_easy_setopt(curl, CURLOPT_CAINFO, settings->smtp_ca_file);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
	curl_easy_setopt(curl, CURLOPT_READDATA, sending);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_answer);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, sending);
}

static enum error judge(const struct notify_settings *settings, const struct envelope *envelope, CURLcode result,
    long code, const char *words, nanoseconds now, struct failure *failure)
{
	if (result == CURLE_OK) {
		fail(failure, OK, "%s", words);
		return OK;
	}
	/* 5yz to the recipient or the text is the server's last word (RFC 5321, 4.2.1); a wrong certificate or password
	 * is not the message's fault: an operator may mend it. */
	if (code >= 500 && result != CURLE_LOGIN_DENIED && result != CURLE_USE_SSL_FAILED)
		return fail(failure, ERROR_INPUT, "refused: %s", words);
	if (now - envelope->created >= settings->smtp_give_up)
		return fail(failure, ERROR_LIMIT, "given up: %s", words);
	return fail(failure, ERROR_AGAIN, "%s", words);
}

static enum error talk(const struct notify_settings *settings, const struct envelope *envelope, const char *password,
    nanoseconds now, struct failure *failure)
{
	char recipient[300], problem[CURL_ERROR_SIZE] = "";
	snprintf(recipient, sizeof recipient, "<%.*s>", (int)envelope->recipient.size, envelope->recipient.at);
	struct curl_slist *recipients = curl_slist_append(NULL, recipient);
	CURL *curl = curl_easy_init();
	if (!curl || !recipients) {
		curl_slist_free_all(recipients);
		curl_easy_cleanup(curl);
		return fail(failure, ERROR_AGAIN, "mail: no memory");
	}
	struct sending sending = { .rest = envelope->message };
	set_options(curl, settings, &sending, recipients);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
	if (password) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, settings->smtp_user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
	}
	CURLcode result = curl_easy_perform(curl);
	long code = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	char words[400];
	if (result == CURLE_OK)
		snprintf(words, sizeof words, "%s", sending.answer);
	else
		snprintf(words, sizeof words, "%.150s%s%.200s", problem[0] ? problem : curl_easy_strerror(result),
		    sending.answer[0] ? "; the server said: " : "", sending.answer);
	curl_easy_cleanup(curl);
	curl_slist_free_all(recipients);
	return judge(settings, envelope, result, code, words, now, failure);
}

enum error deliver_mail(
    const struct notify_settings *settings, const struct envelope *envelope, nanoseconds now, struct failure *failure)
{
	if (!notify_mail_is_on(settings))
		return fail(failure, ERROR_AGAIN, "no mail server is configured");
	if (!mail_is_plausible(envelope->recipient))
		return fail(failure, ERROR_INPUT, "the recipient is not a mail address");
	char *password = NULL;
	if (is_set(settings->smtp_user) && read_password(settings->smtp_password_file, &password, failure) != OK) {
		struct failure copy = failure ? *failure : (struct failure){ 0 };
		return fail(failure, ERROR_AGAIN, "%.400s", copy.words);
	}
	enum error error = talk(settings, envelope, password, now, failure);
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
	return error;
}
