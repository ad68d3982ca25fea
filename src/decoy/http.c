/*
 * HTTP/1 (RFC 9110, 9112): one request, one answer, which is the same for all: 401, so that who has a name and a
 * password shows them (RFC 7617). Recorded: method, path, headers, the body; names and passwords of Basic and of forms.
 */
#include "decoy/session.h"

#include "decoy/form.h"

#define HEAD_MOST 16384

static const char answer[] =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"login\"\r\n"
    "Content-Type: text/plain\r\nContent-Length: 13\r\nConnection: close\r\n\r\nlogin needed\n";

struct http {
	bool in_body, form;
	uint64_t left; /* bytes of the body */
};

/* The bytes before the empty line and with it; 0 = there is none yet. A line may end with LF alone. */
static size_t head_size(struct text input)
{
	for (size_t i = 0; i < input.size; i++) {
		if (input.at[i] != '\n')
			continue;
		if (i + 1 < input.size && input.at[i + 1] == '\n')
			return i + 2;
		if (i + 2 < input.size && input.at[i + 1] == '\r' && input.at[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static struct text next_line(struct text *rest)
{
	struct text line = text_cut(rest, '\n');
	if (text_ends(line, TEXT("\r")))
		line.size--;
	return line;
}

/* Its value is a secret: the name alone is kept. */
static bool is_secret(struct text name)
{
	static const char *const secret[] = { "authorization", "proxy-authorization", "cookie", "x-api-key",
		"x-auth-token" };
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		if (text_equal_nocase(name, text_of(secret[i])))
			return true;
	return false;
}

static void take_header(struct session *session, struct http *http, struct text line)
{
	struct text value = line, name = text_cut(&value, ':');
	name = text_trim(name);
	value = text_trim(value);
	session_fact_pair(session, FACT_HEADER, name, is_secret(name) ? TEXT_NONE : value);
	if (text_equal_nocase(name, TEXT("user-agent")))
		session_fact(session, FACT_CLIENT, value);
	else if (text_equal_nocase(name, TEXT("authorization")))
		form_basic(session, value);
	else if (text_equal_nocase(name, TEXT("content-type")))
		http->form = text_find_nocase(value, TEXT("x-www-form-urlencoded")) >= 0;
	else if (text_equal_nocase(name, TEXT("content-length")) && !text_to_u64(value, &http->left))
		session->end = SESSION_BROKEN;
	else if (text_equal_nocase(name, TEXT("transfer-encoding")))
		http->left = UINT64_MAX; /* all that comes */
}

static void take_head(struct session *session, struct http *http, struct text head)
{
	struct text rest = head, line = next_line(&rest);
	struct text target = line, method = text_cut(&target, ' ');
	struct text path = text_cut(&target, ' '), query = path;
	session_fact(session, FACT_METHOD, method);
	struct text before = text_cut(&query, '?');
	session_fact(
	    session, FACT_PATH, form_take(session, query) ? before : path); /* a password stands nowhere else */
	while (rest.size) {
		line = next_line(&rest);
		if (line.size)
			take_header(session, http, line);
	}
}

/* A body with a password is no sample, and its hash would tell it. */
static void take_form(struct session *session, struct http *http)
{
	if (http->form && form_take(session, (struct text){ session->payload.at, session->payload.size }))
		builder_clear(&session->payload);
	http->form = false;
}

static void done(struct session *session, struct http *http)
{
	take_form(session, http);
	session_answer(session, TEXT(answer));
	if (!session->end)
		session->end = SESSION_DONE;
}

static size_t http_step(struct session *session, struct text input)
{
	struct http *http = session->state;
	size_t size;
	if (http->in_body) {
		size = input.size < http->left ? input.size : (size_t)http->left;
		session_payload(session, (struct text){ input.at, size });
		http->left -= size;
	} else {
		if ((size = head_size(input)) == 0) {
			if (input.size > HEAD_MOST)
				session->end = SESSION_BROKEN;
			return 0;
		}
		take_head(session, http, (struct text){ input.at, size });
		http->in_body = true;
	}
	if (http->left == 0 && !session->end)
		done(session, http);
	return size;
}

/* What was cut is recorded as far as it came. */
static void http_finish(struct session *session)
{
	struct http *http = session->state;
	take_form(session, http);
	if (!http->in_body)
		session_payload(session, (struct text){ session->input.at, session->input.size });
}

const struct protocol http_protocol = {
	.name = "http",
	.state_size = sizeof(struct http),
	.step = http_step,
	.finish = http_finish,
};
