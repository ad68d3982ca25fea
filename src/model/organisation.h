/*
 * Organisations (組織) and their sensors (センサー).
 */
#ifndef NOROSHI_MODEL_ORGANISATION_H
#define NOROSHI_MODEL_ORGANISATION_H

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "net/address.h"

#include <stdbool.h>
#include <stdint.h>

#define NAME_SIZE 128 /* bytes with the NUL, for names of organisations, sensors, people */
#define MAIL_SIZE 256

enum language { LANGUAGE_JAPANESE, LANGUAGE_ENGLISH };
const char *language_code(enum language language); /* "ja", "en" (ISO 639-1) */
bool language_parse(struct text code, enum language *language);

struct contact {
	char name[NAME_SIZE];
	char mail[MAIL_SIZE];
};

struct organisation {
	uint32_t number; /* 1 …; stable, used in alerts and history */
	struct uuid id;
	char name[NAME_SIZE]; /* short and unique: "harbour-city" */
	char title_ja[NAME_SIZE], title_en[NAME_SIZE];
	char sector[NAME_SIZE];     /* free text: "local government" */
	uint32_t parent;            /* 0 = none */
	enum language language;     /* of its notices */
	struct contact contacts[2]; /* first and second (escalation) */
	double quota;               /* alerts per second that it may send, sustained; 0 = the configured default */
	bool active;
	uint64_t version; /* for If-Match; grows with each change */
};

enum sensor_state { SENSOR_ENROLLED, SENSOR_REPORTING, SENSOR_SILENT, SENSOR_REVOKED };

struct sensor {
	uint32_t number; /* 1 …; goes into fact_id.sensor */
	struct uuid id;
	uint32_t organisation;
	char name[NAME_SIZE];
	enum sensor_state state;
	nanoseconds last_seen;   /* received; 0 = never */
	nanoseconds clock_error; /* occurred of the newest alert − received, smoothed */
	uint64_t alerts;
	bool routes; /* it watches many: each of its alerts belongs to the organisations whose addresses it concerns */
	bool telescope; /* it watches addresses that nobody uses: what it tells of a source concerns who held the source
			 */
	uint64_t version;
};

/* Addresses and domains that belong to an organisation, with the time that they did. */
struct organisation_space {
	uint32_t organisation;
	struct prefix prefix; /* length 0 = none: then `domain` */
	char domain[254];
	nanoseconds from, to; /* to = 0: still */
};

const char *organisation_problem(const struct organisation *organisation); /* words on what is wrong, or NULL */
bool name_is_valid(struct text name); /* a–z 0–9 - . _, 1–63 characters: short names of organisations and sensors */
bool mail_is_plausible(struct text mail); /* local@domain, no white space or control characters, ≤ 254 bytes */
const char *sensor_state_code(enum sensor_state state);

#endif
