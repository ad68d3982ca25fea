/*
 * Why: the reasons by which alerts leave as noise and by which events are raised. Reasons are data, a code with
 * parameters, shown in Japanese or English; a person can read and contest each one (rule 9).
 */
#ifndef NOROSHI_MODEL_REASON_H
#define NOROSHI_MODEL_REASON_H

#include "base/text.h"

#include <stdint.h>

/* What became of an alert. Numbers are stored: never reuse one. */
enum verdict {
	VERDICT_PENDING = 0,        /* within the lateness bound, not judged yet */
	VERDICT_EVENT = 1,          /* belongs to an event that needs confirmation */
	VERDICT_CONTEXT = 2,        /* weak by itself, joined to an event near it */
	VERDICT_BACKGROUND = 3,     /* noise: recurring background of the sensor */
	VERDICT_FAILED = 4,         /* noise: failed against a measure already in place */
	VERDICT_RECONNAISSANCE = 5, /* noise: reconnaissance that needs no action */
	VERDICT_DUPLICATE = 6,      /* noise: another detector's alert says the same */
	VERDICT_KNOWN_SOURCE = 7,   /* noise: known scanner or service (warning list) */
	VERDICT_DECISION = 8,       /* noise: a standing decision */
	VERDICT_UNREMARKABLE = 9,   /* noise: nothing unusual for this organisation, and no attack step */
	VERDICT_FOREIGN = 10,       /* noise: a telescope saw an address that no organisation held */
	VERDICT_COUNT
};
const char *verdict_code(enum verdict verdict);  /* stable: "background" */
const char *verdict_words(enum verdict verdict); /* a gettext msgid: one sentence */
bool verdict_is_noise(enum verdict verdict);
bool verdict_parse(struct text code, enum verdict *verdict);

/* One reason of an event: `code` (stable, "rare-signature"), `words` (a gettext msgid with {0} {1} {2} for the
 * parameters). */
#define REASON_PARAMETERS 3
struct reason {
	const char *code;
	const char *words;
	char parameter[REASON_PARAMETERS][96];
	double weight; /* share of the event's rank that this reason carries, 0–1 */
};

/* Every code that reasons carry, with its words. Triage adds a line to reason.c for each of its reasons: an event that
 * was stored gets `code` and `words` back from there. */
struct reason_kind {
	const char *code;
	const char *words;
};
/* NULL when there is no such code. */
const struct reason_kind *reason_kind_named(struct text code);
/* For walking all of them (translations, documentation); ends with a NULL code. */
extern const struct reason_kind reason_kinds[];

/* Appends `words` (translated by the caller) with the reason's parameters put in for {0} {1} {2}. */
void reason_write(const struct reason *reason, const char *words, struct builder *to);

#endif
