/*
 * Judging success. See webattack_judge.h. A log holds no answers: what is said here is a likelihood, and says from
 * what.
 */
#include "watch/webattack_judge.h"

#include "base/catalog.h"
#include "base/character.h"

#include <string.h>

#define ANSWERS_KNOWN 3 /* clean answers of a path before "usual" means anything */
#define SIZE_SLACK 64   /* bytes that an answer may differ from the usual without meaning */
#define KIND_SHARE 10   /* per cent of the tries that an answer of a kind needs to count as one */

static const char *const codes[] = { "no", "unknown", "possible", "likely" };
static const char *const titles[] = { N_("failed"), N_("cannot be told"), N_("may have succeeded"),
	N_("seems to have succeeded") };

const char *success_code(enum success success)
{
	return codes[success];
}

const char *success_title(enum success success)
{
	return titles[success];
}

static const char *const words[JUDGED_COUNT] = {
	[JUDGED_NO_STATUS] = N_("the log does not say what was answered"),
	[JUDGED_REFUSED] = N_("answered with status {0}: refused or not there"),
	[JUDGED_REDIRECTED] = N_("answered with status {0}: sent elsewhere"),
	[JUDGED_ERROR] = N_("answered with status {0}: it reached the program and broke it"),
	[JUDGED_ANSWERED] =
	    N_("answered with status {0} and {1} bytes; this path was not seen often enough to compare"),
	[JUDGED_USUAL] = N_("answered with status {0} and {1} bytes, as usual for this path ({2} to {3})"),
	[JUDGED_UNUSUAL] = N_("answered with status {0} and {1} bytes; usual for this path are {2} to {3}"),
	[JUDGED_DISCLOSED] = N_("answered with status {0} and {1} bytes: something that nobody should get"),
	[JUDGED_ALIKE] = N_("answered with status {0} and {1} bytes, as other paths that do not exist"),
	[JUDGED_WAITED] = N_("the answer took {0} seconds, as it was told to"),
	[JUDGED_TWO_KINDS] = N_("{0} tries got two kinds of answers ({1} and {2} bytes): one bit each was learned"),
	[JUDGED_ONE_KIND] = N_("{0} tries, and the answers do not depend on what was asked"),
	[JUDGED_UPLOADED] = N_("something was uploaded in line {0}, and a program answered in line {1}"),
};

const char *judged_words(enum judged_by by)
{
	return words[by];
}

void judge_learn(struct path *path, const struct weblog_request *request)
{
	if (request->status / 100 != 2 || request->size == WEBLOG_SIZE_UNKNOWN)
		return;
	path->answers++;
	if (request->size < path->least)
		path->least = request->size;
	if (request->size > path->most)
		path->most = request->size;
}

/* How long the request told the database or shell to wait, in seconds; 0 = it did not. */
static unsigned told_to_wait(const struct normal *normal)
{
	static const struct text calls[] = { TEXT("sleep("), TEXT("sleep "), TEXT("delay '0:0:"), TEXT("ping -c "),
		TEXT("receive_message(") };
	struct text text = { normal->text, normal->size };
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		ptrdiff_t at = text_find(text, calls[i]);
		unsigned seconds = 0;
		for (size_t c = at < 0 ? text.size : (size_t)at + calls[i].size; c < text.size && seconds < 1000; c++) {
			if (!char_is_digit(text.at[c]))
				break;
			seconds = seconds * 10 + (unsigned)(text.at[c] - '0');
		}
		if (seconds)
			return seconds;
	}
	return 0;
}

static struct judgement judged(
    enum success success, enum judged_by by, const struct weblog_request *request, const struct path *path)
{
	return (struct judgement){ success, by,
		{ request->status, request->size == WEBLOG_SIZE_UNKNOWN ? 0 : request->size, path ? path->least : 0,
		    path ? path->most : 0 } };
}

/* Files of the system in a parameter, a query that shows data: a longer page than usual is what success looks like. */
static struct judgement judge_size(const struct weblog_request *request, const struct path *path, bool shows_data)
{
	if (request->size == WEBLOG_SIZE_UNKNOWN || path->answers < ANSWERS_KNOWN)
		return judged(SUCCESS_UNKNOWN, JUDGED_ANSWERED, request, path);
	uint64_t slack = SIZE_SLACK + (path->most - path->least) / 4;
	if (request->size > path->most + slack)
		return judged(shows_data ? SUCCESS_LIKELY : SUCCESS_POSSIBLE, JUDGED_UNUSUAL, request, path);
	if (request->size + slack < path->least)
		return judged(SUCCESS_UNKNOWN, JUDGED_UNUSUAL, request, path);
	return judged(SUCCESS_UNKNOWN, JUDGED_USUAL, request, path);
}

/* What a scanner looks for, and was answered with 2xx. */
static struct judgement judge_disclosed(
    const struct weblog_request *request, const struct path *path, struct source *source)
{
	bool empty = request->size == 0;
	if (source->probe_path && source->probe_path != path->is.key && source->probe_size == request->size)
		source->probes_alike = true;
	source->probe_path = path->is.key;
	source->probe_size = request->size;
	if (empty || source->probes_alike)
		return judged(SUCCESS_UNKNOWN, empty ? JUDGED_ANSWERED : JUDGED_ALIKE, request, path);
	return judged(SUCCESS_LIKELY, JUDGED_DISCLOSED, request, path);
}

/* By the status alone, where that says enough. `breaks`: what was sent may break a program that it reaches. */
static bool judge_status(
    const struct weblog_request *request, const struct path *path, bool breaks, struct judgement *judgement)
{
	if (!request->status)
		*judgement = judged(SUCCESS_UNKNOWN, JUDGED_NO_STATUS, request, path);
	else if (request->status / 100 == 3)
		*judgement = judged(SUCCESS_UNKNOWN, JUDGED_REDIRECTED, request, path);
	else if (request->status == 500 && breaks)
		*judgement = judged(SUCCESS_POSSIBLE, JUDGED_ERROR, request, path);
	else if (request->status / 100 != 2)
		*judgement = judged(SUCCESS_NO, JUDGED_REFUSED, request, path);
	return request->status / 100 != 2;
}

struct judgement judge_value(const struct weblog_request *request, const struct path *path)
{
	struct judgement judgement;
	return judge_status(request, path, true, &judgement) ? judgement : judge_size(request, path, false);
}

struct judgement judge_request(enum attack attack, const struct weblog_request *request, const struct hits *hits,
    const struct normal *normal, const struct path *path, struct source *source)
{
	unsigned seconds = attack == ATTACK_SQL || attack == ATTACK_COMMAND ? told_to_wait(normal) : 0;
	if (seconds && request->duration >= seconds * SECOND && request->duration < (2 * seconds + 5) * SECOND)
		return (struct judgement){ SUCCESS_LIKELY, JUDGED_WAITED, { (uint64_t)(request->duration / SECOND) } };
	struct judgement judgement;
	if (judge_status(request, path, attack != ATTACK_SCANNER && attack != ATTACK_XSS, &judgement))
		return judgement;
	bool whole_path = !memchr(normal->text, '\n', normal->size);
	if (hits->discloses && (attack == ATTACK_SCANNER || (attack == ATTACK_TRAVERSAL && whole_path)))
		return judge_disclosed(request, path, source);
	if (attack == ATTACK_SCANNER || attack == ATTACK_XSS)
		return judged(SUCCESS_UNKNOWN, JUDGED_ANSWERED, request, path);
	if (attack == ATTACK_WEB_SHELL && path->missing == 0 && hits->weights[ATTACK_WEB_SHELL] >= WEIGHT_ENOUGH)
		return judged(SUCCESS_LIKELY, JUDGED_DISCLOSED, request, path);
	return judge_size(
	    request, path, attack == ATTACK_SQL || attack == ATTACK_TRAVERSAL || attack == ATTACK_COMMAND);
}

struct judgement judge_blind(const struct finding *finding)
{
	const struct answer_kind *first = NULL, *second = NULL;
	unsigned frequent = 0;
	for (size_t i = 0; i < finding->kind_count; i++) {
		const struct answer_kind *kind = &finding->kinds[i];
		if (kind->count * 100 < finding->tries * KIND_SHARE)
			continue;
		frequent++;
		if (!first || kind->count > first->count) {
			second = first;
			first = kind;
		} else if (!second || kind->count > second->count) {
			second = kind;
		}
	}
	if (finding->judgement.by == JUDGED_WAITED)
		return finding->judgement;
	bool answered = first && second && (first->status / 100 == 2 || second->status / 100 == 2) &&
			first->status / 100 != 4 && second->status / 100 != 4;
	if (frequent == 2 && answered)
		return (struct judgement){ SUCCESS_LIKELY, JUDGED_TWO_KINDS,
			{ finding->tries, first->size, second->size } };
	if (first && first->status / 100 == 4)
		return (struct judgement){ SUCCESS_NO, JUDGED_REFUSED, { first->status } };
	if (frequent == 1)
		return (struct judgement){ SUCCESS_NO, JUDGED_ONE_KIND, { finding->tries } };
	return (struct judgement){ SUCCESS_UNKNOWN, JUDGED_ONE_KIND, { finding->tries } };
}
