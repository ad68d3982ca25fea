/*
 * Items: what is shared (indicators, sightings, reports, advisories, and every other object of STIX or MISP), and their
 * releases to communities. Decision 0080.
 *
 * An item is one version of one object of one owner. What we know of it is in the struct; whatever else it came with is
 * in `kept`, a JSON object in the language of `form`, whose members never repeat one that the struct has. Writing an
 * item (formats/stix.h, formats/misp.h) puts both together again, so what came in goes out, and a property that was
 * changed is the only one that differs.
 *
 * Texts are UTF-8 without NUL and live in the arena of whoever read the item; an absent text has size 0 and absent
 * lists have count 0, and `present` tells an absent property from an empty one.
 */
#ifndef NOROSHI_MODEL_ITEM_H
#define NOROSHI_MODEL_ITEM_H

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "model/notice.h" /* enum tlp */

#include <stdbool.h>
#include <stdint.h>

#define ITEM_ID 192             /* bytes of the longest id: "x-some-type--" and a UUID */
#define ITEM_LARGEST (8u << 20) /* bytes of one item as JSON */
#define ITEM_REFERENCES 100000u /* collections of a whole knowledge base have some 25,000 */

enum item_kind { ITEM_INDICATOR, ITEM_SIGHTING, ITEM_REPORT, ITEM_ADVISORY, ITEM_RELATION, ITEM_OTHER, ITEM_KINDS };
const char *item_kind_code(enum item_kind kind);
bool item_kind_parse(struct text code, enum item_kind *kind);

/* The language that it came in, that `kept` is in, and that it goes out in unless another is asked for. */
enum item_form { ITEM_STIX_21, ITEM_STIX_20, ITEM_MISP_EVENT, ITEM_MISP_ATTRIBUTE, ITEM_MISP_OBJECT, ITEM_FORMS };
const char *item_form_code(enum item_form form); /* "stix-2.1", … */
bool item_form_parse(struct text code, enum item_form *form);

/* What a sensor does that meets it (match/indicator.h has the same three). */
enum item_action { ITEM_OBSERVE, ITEM_ALERT, ITEM_BLOCK };
const char *item_action_code(enum item_action action);
bool item_action_parse(struct text code, enum item_action *action);

/* Permissible actions protocol: what a recipient may do with it. */
enum pap { PAP_NONE, PAP_CLEAR, PAP_GREEN, PAP_AMBER, PAP_RED };
const char *pap_code(enum pap pap); /* "AMBER"; "" of none */
/* Also with the prefix "PAP:", any case; WHITE is the older name of CLEAR. */
bool pap_parse(struct text code, enum pap *pap);

/* A time as it was written: STIX allows any number of digits behind the point, and the same must come out. */
struct item_time {
	nanoseconds when;    /* 0 = absent; what lies before our times is 1, what lies behind them ITEM_TIME_LAST */
	struct text written; /* empty: we made it, and write it with milliseconds */
};
#define ITEM_TIME_LAST INT64_MAX /* "9999-12-31T23:59:59Z" is a favourite way to say "for ever" */
/* RFC 3339 in UTC, or with the zone's offset, any year, any number of digits. `written` borrows `text`. */
bool item_time_parse(struct text text, struct item_time *time);
/* As it goes out: `written`, or made in `to`; empty when absent. */
struct text item_time_text(const struct item_time *time, char to[static TIME_TEXT]);

/* "type--uuid", the UUID of any version and either case, no longer than ITEM_ID. */
bool item_id_valid(struct text id);
struct text item_id_type(struct text id); /* what stands before the "--" of a valid one */

enum item_property { /* bits of `present` */
	ITEM_HAS_NAME = 1u << 0,
	ITEM_HAS_DESCRIPTION = 1u << 1,
	ITEM_HAS_CONFIDENCE = 1u << 2,
	ITEM_HAS_REVOKED = 1u << 3,
	ITEM_HAS_LABELS = 1u << 4,
	ITEM_HAS_COUNT = 1u << 5,
	ITEM_HAS_LANGUAGE = 1u << 6,
	ITEM_HAS_MARKINGS = 1u << 7,
	ITEM_NUMBER_MODIFIED = 1u << 8, /* MISP: the time came as a number, not as a text of digits */
	ITEM_NUMBER_PUBLISHED = 1u << 9,
	ITEM_NO_MODIFIED = 1u << 10, /* the object has none: `modified` stands in for it, and is not written */
};

struct item {
	/* whose, which version */
	uint32_t organisation; /* the owner; 0 = the centre */
	struct text id;        /* "indicator--…"; MISP: its UUID */
	struct text type;      /* "indicator", "malware", "x-ours"; of MISP "event", or the attribute's type */
	enum item_kind kind;
	enum item_form form;
	struct item_time created,
	    modified;           /* `modified` is the version; of an object without one, when it was received */
	struct text created_by; /* reference to an identity, as it came */
	nanoseconds received;
	struct uuid account; /* who gave it */
	struct text feed;    /* the name of the feed or TAXII source it came by; empty: by hand or API */

	/* handling */
	enum tlp tlp;
	bool tlp_marked; /* it said so itself; else the community's or AMBER */
	enum pap pap;
	/* references to marking definitions (of MISP: its tags, each an object of JSON) as they came, those of `tlp`
	 * too: who writes the item puts another in their place when `tlp` says otherwise (formats/stix.h), as he does
	 * with `pap` in `labels` */
	const struct text *markings;
	uint32_t marking_count;
	uint8_t confidence; /* 0–100, with ITEM_HAS_CONFIDENCE */
	bool revoked, false_positive;
	nanoseconds decays; /* half-life of its score; 0 = the configured one of its type */

	/* contents */
	uint32_t present;
	struct text name, description, language;
	const struct text *labels;
	uint32_t label_count;
	/* indicator */
	struct text pattern, pattern_type, pattern_version; /* of MISP attributes: their value, type */
	struct item_time valid_from, valid_until;
	enum item_action action;
	/* sighting, relation */
	/* of a sighting: target_ref is what was sighted; of MISP: source_ref is the event or object that has it */
	struct text source_ref, target_ref, relation;
	struct item_time first_seen, last_seen;
	uint64_t count;
	/* report, advisory */
	struct item_time published;
	/* every reference in it to other objects, those above too, for cycles and visibility; in order, without repeats
	 */
	const struct text *references;
	uint32_t reference_count;

	struct text kept; /* "{…}" or empty */
};

/* One step of an item towards wider circles: of which item, to whom, what they see. Never changed but by withdrawing
 * it.
 */
struct release {
	struct uuid id;
	uint32_t organisation;    /* the item's owner */
	struct text item;         /* its id */
	struct item_time version; /* its `modified` */
	uint64_t row;             /* the item's number in the store; 0 = it is looked for */
	struct text type;         /* of the object */
	uint8_t spec;             /* of STIX, in which it is rendered: 20 or 21 */
	uint32_t community, step; /* step: 1 = the first of this item */
	enum tlp tlp;
	struct uuid decided_by;
	nanoseconds decided, withdrawn; /* withdrawn: 0 = stands */
	nanoseconds added; /* whole microseconds, strictly growing over all releases: the order of collections */
	struct text purpose, content, recipients; /* empty: the community's */
	struct text removed;   /* what was taken out: JSON list of {"path", "why"}; "[]" when nothing was */
	uint32_t taken_out;    /* its length */
	const uint32_t *named; /* TLP:RED: the organisations that may read it */
	uint32_t named_count;
	struct text reason;    /* of the withdrawal */
	struct text shown;     /* the object's id in the rendering, where it is not the item's; else empty */
	struct text rendering; /* the bytes that the community sees; empty once withdrawn */
	struct text ends; /* of a relation: ids that are known here, a line each; whoever reads it must see them all */
};

#endif
