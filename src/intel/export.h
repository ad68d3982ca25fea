/*
 * Items as text for others: whole (STIX, MISP), as lists (CSV, plain), and for members' own devices (rules of Suricata,
 * a response policy zone, a hosts file).
 *
 * What a format cannot carry is counted by reason and never bent into something else. To a device, or to a list that
 * says nothing of handling, goes only what may: TLP:RED is for named people and PAP says what may be done (RED: nothing
 * that leaves the analyst's own machine, AMBER: nothing that the other side could notice, so no blocking), unless the
 * caller lifts a bound.
 */
#ifndef NOROSHI_INTEL_EXPORT_H
#define NOROSHI_INTEL_EXPORT_H

#include "base/error.h"
#include "base/memory.h"
#include "intel/source.h"
#include "match/indicator.h"

enum export_reason {
	EXPORT_NO_INDICATOR, /* the format has indicators alone */
	EXPORT_NOT_NOW,      /* revoked, a false alarm, not valid yet or any more */
	EXPORT_TLP,
	EXPORT_PAP,
	EXPORT_KIND,    /* the format has no word for such values */
	EXPORT_PATTERN, /* it says more than single values */
	EXPORT_BAD,     /* its pattern cannot be read */
	EXPORT_REPEATED,
	EXPORT_REASONS
};
const char *export_reason_words(enum export_reason reason); /* a msgid */

struct export_options {
	enum tlp tlp; /* the strictest that may go; for formats that do not say TLP themselves */
	enum pap pap;
	bool pap_said; /* else as the format's use asks for */
	uint32_t sid;  /* the first number of a rule */
	const char *zone;
	bool unmarked; /* nobody says what TLP and PAP the values have: nothing is written of them */
	bool drop;     /* rules drop; else they raise alerts */
	nanoseconds now;
};

struct exporting; /* one thread */
struct export_format {
	const char *name;
	enum pap pap;      /* the strictest with which its use is permitted */
	bool handling;     /* it says TLP and PAP itself: nothing is held back */
	bool whole;        /* items, not values */
	const char *begin; /* its first bytes; NULL: `head` makes them */
	void (*head)(struct exporting *exporting);
	void (*item)(struct exporting *exporting, const struct item *item, const struct intel_group *group);
	/* One value; false: the format has no word for it. */
	bool (*value)(
	    struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value);
	void (*tail)(struct exporting *exporting);
};
extern const struct export_format *const export_formats[]; /* ends with NULL */
const struct export_format *export_format_named(const char *name);

struct exporting *exporting_new(const struct export_format *format, const struct export_options *options);
void exporting_free(struct exporting *exporting);
void exporting_group(struct exporting *exporting, const struct intel_group *group);
void exporting_end(struct exporting *exporting);
/* What was made so far; the caller writes it away and clears it. */
struct builder *exporting_text(struct exporting *exporting);

struct export_counts {
	uint64_t items;   /* met */
	uint64_t written; /* of the format's: objects, rules, names */
	uint64_t left_out[EXPORT_REASONS];
};
struct export_counts exporting_count(const struct exporting *exporting);

#endif
