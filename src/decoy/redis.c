/*
 * Redis (RESP2, "Redis serialization protocol specification"): commands as arrays of bulk strings, or as a line. A few
 * are answered as a server without data would, the others with +OK; nothing is stored, loaded, or followed.
 */
#include "decoy/session.h"

#define ARGUMENTS_MOST 64
#define BULK_MOST 32768 /* bytes of an argument */
#define LINE_MOST 1024

struct answer {
	const char *command, *second, *words; /* second: the first argument; NULL: any */
};
static const struct answer answers[] = {
	{ "ping", NULL, "+PONG\r\n" },
	{ "info", NULL, "$8\r\n# Server\r\n" },
	{ "config", "get", "*0\r\n" },
	{ "get", NULL, "$-1\r\n" },
	{ "keys", NULL, "*0\r\n" },
	{ "scan", NULL, "*2\r\n$1\r\n0\r\n*0\r\n" },
	{ "command", NULL, "*0\r\n" },
	{ "dbsize", NULL, ":0\r\n" },
	{ "del", NULL, ":0\r\n" },
	{ "hello", NULL, "-ERR unknown command 'HELLO'\r\n" },
	{ "module", NULL, "-ERR unknown command 'MODULE'\r\n" },
	{ "eval", NULL, "-ERR unknown command 'EVAL'\r\n" },
	{ "evalsha", NULL, "-ERR unknown command 'EVALSHA'\r\n" },
	{ NULL },
};

struct arguments {
	struct text at[ARGUMENTS_MOST];
	size_t count;
};

/* As it would be typed; passwords of AUTH are left out. */
static void record(struct session *session, const struct arguments *arguments, size_t shown)
{
	struct builder line = { 0 };
	for (size_t i = 0; i < shown && line.size < FACT_LONGEST; i++) {
		if (i)
			build_char(&line, ' ');
		build_text(&line, arguments->at[i]);
	}
	if (!line.failed)
		session_fact(session, FACT_COMMAND, (struct text){ line.at, line.size });
	builder_free(&line);
}

static void take_auth(struct session *session, const struct arguments *arguments)
{
	struct text name = arguments->count > 2 ? arguments->at[1] : TEXT_NONE;
	if (arguments->count > 1)
		session_fact_pair(session, FACT_CREDENTIAL, name, arguments->at[arguments->count > 2 ? 2 : 1]);
}

/* A password in CONFIG SET requirepass and masterauth, and in HELLO 3 AUTH, is one too. */
static size_t shown_of(const struct arguments *arguments)
{
	for (size_t i = 1; i < arguments->count; i++)
		if (text_equal_nocase(arguments->at[i], TEXT("requirepass")) ||
		    text_equal_nocase(arguments->at[i], TEXT("masterauth")) ||
		    text_equal_nocase(arguments->at[i], TEXT("auth")))
			return i + 1;
	return arguments->count;
}

static void take_command(struct session *session, const struct arguments *arguments)
{
	struct text command = arguments->at[0];
	const struct answer *answer = answers;
	if (text_equal_nocase(command, TEXT("auth"))) {
		take_auth(session, arguments);
		record(session, arguments, 1);
		session_answer(session, TEXT("+OK\r\n"));
		return;
	}
	size_t shown = shown_of(arguments);
	record(session, arguments, shown);
	for (size_t i = 1; i < shown; i++)
		if (arguments->at[i].size > 64) /* what is stored to be run later: lines for cron, keys, scripts */
			session_payload(session, arguments->at[i]);
	while (answer->command && !(text_equal_nocase(command, text_of(answer->command)) &&
				      (!answer->second || (arguments->count > 1 && text_equal_nocase(arguments->at[1],
										       text_of(answer->second))))))
		answer++;
	session_answer(session, answer->command ? text_of(answer->words) : TEXT("+OK\r\n"));
	if (text_equal_nocase(command, TEXT("quit")))
		session->end = SESSION_DONE;
}

/* ── reading ─ */

static size_t broken(struct session *session)
{
	session_answer(session, TEXT("-ERR Protocol error\r\n"));
	session->end = SESSION_BROKEN;
	return 0;
}

/* A line from `at` on without its end, and where the next begins; false = it is not whole. */
static bool line_at(struct text input, size_t at, struct text *line, size_t *next)
{
	for (size_t i = at; i < input.size && i - at <= LINE_MOST; i++)
		if (input.at[i] == '\n') {
			*line = text_trim((struct text){ input.at + at, i - at });
			*next = i + 1;
			return true;
		}
	return false;
}

/* "*3" or "$5": the number, at most `most`. */
static bool number_of(struct text line, char mark, uint64_t most, uint64_t *number)
{
	if (line.size < 2 || line.at[0] != mark)
		return false;
	return text_to_u64((struct text){ line.at + 1, line.size - 1 }, number) && *number <= most;
}

static size_t take_array(struct session *session, struct text input)
{
	struct arguments arguments = { .count = 0 };
	struct text line;
	uint64_t count = 0, size = 0;
	size_t at;
	if (!line_at(input, 0, &line, &at))
		return input.size > LINE_MOST ? broken(session) : 0;
	if (!number_of(line, '*', ARGUMENTS_MOST, &count))
		return broken(session);
	while (arguments.count < count) {
		size_t begin = at;
		if (!line_at(input, begin, &line, &at))
			return input.size - begin > LINE_MOST ? broken(session) : 0;
		if (!number_of(line, '$', BULK_MOST, &size))
			return broken(session);
		if (input.size - at < size + 2)
			return 0;
		arguments.at[arguments.count++] = (struct text){ input.at + at, (size_t)size };
		at += (size_t)size + 2;
	}
	if (count)
		take_command(session, &arguments);
	return at;
}

static size_t take_inline(struct session *session, struct text input)
{
	struct arguments arguments = { .count = 0 };
	struct text line;
	size_t at;
	if (!line_at(input, 0, &line, &at))
		return input.size > LINE_MOST ? broken(session) : 0;
	while (line.size && arguments.count < ARGUMENTS_MOST) {
		struct text word = text_cut(&line, ' ');
		if (word.size)
			arguments.at[arguments.count++] = word;
	}
	if (arguments.count)
		take_command(session, &arguments);
	return at;
}

static size_t redis_step(struct session *session, struct text input)
{
	return input.at[0] == '*' ? take_array(session, input) : take_inline(session, input);
}

const struct protocol redis_protocol = { .name = "redis", .step = redis_step };
