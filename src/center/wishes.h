/*
 * What the command line of `noroshi center` says, and how it crosses from the supervisor to its children.
 */
#ifndef NOROSHI_CENTER_WISHES_H
#define NOROSHI_CENTER_WISHES_H

#include "base/codec.h"

#include <stdbool.h>
#include <stdint.h>

enum process_kind { PROCESS_FRONT, PROCESS_KEEPER, PROCESS_COURIER, PROCESS_COUNT };
const char *process_name(enum process_kind kind); /* "front" */
bool process_parse(const char *name, enum process_kind *kind);

/* What the command line of `noroshi center` says instead of, or beside, the configuration file. */
#define WISHES_ORGANISATIONS 64
struct wishes {
	bool ephemeral;
	bool restarted;   /* not the first of its kind since the supervisor started */
	char listen[80];  /* empty = as configured */
	char state[4096]; /* folder; empty = as configured */
	uint32_t organisation_count;
	char organisations[WISHES_ORGANISATIONS][64]; /* to be made, each with a sensor and a token; ephemeral only */
};

/* A part of MESSAGE_CONFIGURATION. */
void wishes_encode(const struct wishes *wishes, struct builder *to);
bool wishes_decode(struct reader *from, struct wishes *wishes);

#endif
