/*
 * Attacks in the requests of web servers: each request is looked at alone (patterns), with what its source did before
 * (weak evidence, many paths that are not there, an upload), and with how its path usually answers (did it succeed?).
 *
 * In: requests in the order of the log. Out: flagged requests as they come, and findings: all that one source did of
 * one class of attack. Bounded: sources, paths and findings are kept in tables of fixed size; what had to be forgotten
 * is counted. One thread. docs/weblog.md explains the method.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_H
#define NOROSHI_WATCH_WEBATTACK_H

#include "base/error.h"
#include "formats/weblog.h"
#include "watch/webattack_pattern.h"

#include <stdbool.h>
#include <stdint.h>

enum success { SUCCESS_NO, SUCCESS_UNKNOWN, SUCCESS_POSSIBLE, SUCCESS_LIKELY };
const char *success_code(enum success success);  /* "no", "unknown", "possible", "likely" */
const char *success_title(enum success success); /* msgid */

/* Why it is thought so; `numbers` are the parameters of its words. */
enum judged_by {
	JUDGED_NO_STATUS,
	JUDGED_REFUSED,    /* status */
	JUDGED_REDIRECTED, /* status */
	JUDGED_ERROR,      /* status */
	JUDGED_ANSWERED,   /* status, bytes: nothing to compare with */
	JUDGED_USUAL,      /* status, bytes, usual least, usual most */
	JUDGED_UNUSUAL,    /* the same */
	JUDGED_DISCLOSED,  /* status, bytes */
	JUDGED_ALIKE,      /* status, bytes: other paths were answered with the same */
	JUDGED_WAITED,     /* seconds */
	JUDGED_TWO_KINDS,  /* tries, bytes, bytes */
	JUDGED_ONE_KIND,   /* tries */
	JUDGED_UPLOADED,   /* line of the upload, line of the answer */
	JUDGED_COUNT
};
struct judgement {
	enum success success;
	enum judged_by by;
	uint64_t numbers[4];
};
/* Words with {0} … {3}, a msgid. */
const char *judged_words(enum judged_by by);

#define EXAMPLE_MOST 400
#define RANGES_MOST 64
#define PATHS_MOST 8
#define KINDS_MOST 12

/* All that one source did of one class. Texts are as they came, not printable, cut. */
struct finding {
	uint64_t key; /* 0 = free */
	enum attack attack;
	struct address client;
	char client_name[80], server[80];
	struct address server_address;
	uint32_t file; /* as the caller numbered it */
	nanoseconds first, last;
	uint64_t requests;
	struct line_range {
		uint64_t first, last;
	} ranges[RANGES_MOST]; /* of lines that follow each other */
	size_t range_count;
	uint64_t lines_more; /* flagged lines beyond the ranges */
	uint64_t patterns[PATTERNS_MOST / 64];
	bool by_count[COUNTED_COUNT];
	uint64_t statuses[6]; /* by hundreds; 0 = none */
	char paths[PATHS_MOST][80];
	uint64_t path_keys[PATHS_MOST];
	size_t path_count;
	bool paths_more;
	char example[EXAMPLE_MOST]; /* decoded; of the request that seems most to have succeeded, else the first */
	uint64_t example_line;
	struct judgement judgement;
	/* Blind SQL injection: tries that ask for one bit, and what was answered. */
	uint64_t tries;
	struct answer_kind {
		unsigned status;
		uint64_t size, count;
	} kinds[KINDS_MOST];
	size_t kind_count;
	/* Alerts: told so far, and what came since. */
	nanoseconds told;
	uint32_t untold;
};

struct flagged {
	const struct weblog_request *request;
	uint64_t line;
	uint32_t file;
	enum attack attack;
	uint16_t pattern_id; /* of the weightiest, or counted_id() */
	const char *words;   /* msgid, or a name */
	struct text decoded; /* may be empty */
	struct judgement judgement;
	bool tell;        /* worth an alert of its own */
	uint32_t repeats; /* requests of this finding since the alert before, with this one */
};

struct webattack_sink {
	void (*flagged)(void *context, const struct flagged *flagged); /* may be NULL */
	void (*finding)(void *context, const struct finding *finding); /* over: at the end, or to make room */
	void *context;
};

struct webattack_settings {
	size_t sources, paths, findings; /* so many are remembered */
};
extern const struct webattack_settings webattack_defaults;

struct webattack_counts {
	uint64_t requests, flagged, findings;
	uint64_t by_attack[ATTACK_COUNT];
	uint64_t sources_forgotten, paths_forgotten, findings_early;
};

struct webattack;
enum error webattack_new(const struct webattack_settings *settings, const struct webattack_sink *sink,
    struct webattack **webattack, struct failure *failure);
void webattack_free(struct webattack *webattack);
void webattack_request(struct webattack *webattack, const struct weblog_request *request, uint32_t file, uint64_t line);
/* Gives out every finding and forgets everything but the counts: what follows is another log. */
void webattack_finish(struct webattack *webattack);
struct webattack_counts webattack_count(const struct webattack *webattack);

#endif
