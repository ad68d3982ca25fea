/*
 * Counters: a registry of metric families and their series, and the OpenMetrics 1.0 text of all of them. In: names,
 * labels and amounts from every part of a process; out: the text for /metrics. Who counts never sees a failure: what
 * finds no room or no memory is added to a series "other".
 */
#include "base/counter.h"

#include "base/hash.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SERIES 10000
#define MOST_FAMILIES 1000
#define MOST_BUCKETS 20
#define LONGEST_VALUE 200 /* bytes of a label's value */

struct bucket {
	double most;
	const char *text; /* as OpenMetrics wants it: canonical */
};
static const struct bucket seconds[] = { { 0.001, "0.001" }, { 0.0025, "0.0025" }, { 0.005, "0.005" }, { 0.01, "0.01" },
	{ 0.025, "0.025" }, { 0.05, "0.05" }, { 0.1, "0.1" }, { 0.25, "0.25" }, { 0.5, "0.5" }, { 1, "1.0" },
	{ 2.5, "2.5" }, { 5, "5.0" }, { 10, "10.0" }, { 25, "25.0" }, { 50, "50.0" }, { 100, "100.0" },
	{ INFINITY, "+Inf" } };
static const struct bucket amounts[] = { { 1, "1.0" }, { 3, "3.0" }, { 10, "10.0" }, { 30, "30.0" }, { 100, "100.0" },
	{ 300, "300.0" }, { 1e3, "1000.0" }, { 3e3, "3000.0" }, { 1e4, "10000.0" }, { 3e4, "30000.0" },
	{ 1e5, "100000.0" }, { 3e5, "300000.0" }, { 1e6, "1e+06" }, { 3e6, "3e+06" }, { 1e7, "1e+07" },
	{ 3e7, "3e+07" }, { 1e8, "1e+08" }, { 3e8, "3e+08" }, { 1e9, "1e+09" }, { INFINITY, "+Inf" } };
_Static_assert(sizeof amounts / sizeof *amounts <= MOST_BUCKETS, "room for every bucket");

struct counter {
	struct family *family;
	struct counter *next; /* of the family, in the order of their making */
	char *value;          /* of the label, printable; NULL without one */
	uint64_t total;       /* of a histogram: observations */
	double number;        /* of a gauge: its value; of a histogram: the sum */
	uint64_t *buckets;    /* of a histogram: not cumulated */
};

struct family {
	struct family *next;
	enum counter_kind kind;
	char *name, *help, *label; /* label: NULL without one */
	struct counter *first, *last;
};

struct counters {
	struct family *first, *last;
	size_t family_count, series_count;
	struct counter **table; /* by hash of name and value, open addressing */
	struct counter spill;   /* what could not be kept */
};

struct counters *counters_new(void)
{
	struct counters *counters = calloc(1, sizeof *counters);
	if (!counters)
		return NULL;
	counters->table = calloc(4 * MOST_SERIES, sizeof(struct counter *));
	if (!counters->table) {
		free(counters);
		return NULL;
	}
	return counters;
}

static void counter_free(struct counter *counter)
{
	if (!counter)
		return;
	free(counter->value);
	free(counter->buckets);
	free(counter);
}

static void family_free(struct family *family)
{
	if (!family)
		return;
	while (family->first) {
		struct counter *counter = family->first;
		family->first = counter->next;
		counter_free(counter);
	}
	free(family->name);
	free(family->help);
	free(family->label);
	free(family);
}

void counters_free(struct counters *counters)
{
	if (!counters)
		return;
	while (counters->first) {
		struct family *family = counters->first;
		counters->first = family->next;
		family_free(family);
	}
	free(counters->table);
	free(counters);
}

/* ── names ─ */

static bool ends_with(const char *name, const char *suffix)
{
	return text_ends(text_of(name), text_of(suffix));
}

/* A name of OpenMetrics: letters, digits and _; without the suffix that the text adds. */
static char *clean_name(const char *name)
{
	size_t size = strlen(name);
	if (ends_with(name, "_total"))
		size -= 6;
	char *clean = malloc(size + 2);
	if (!clean)
		return NULL;
	char *to = clean;
	if (size == 0 || (*name >= '0' && *name <= '9'))
		*to++ = '_';
	for (size_t i = 0; i < size; i++) {
		char c = name[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		*to++ = good ? c : '_';
	}
	*to = '\0';
	return clean;
}

static const struct bucket *buckets_of(const struct family *family)
{
	return ends_with(family->name, "_seconds") ? seconds : amounts;
}

static size_t bucket_count(const struct family *family)
{
	return ends_with(family->name, "_seconds") ? sizeof seconds / sizeof *seconds
						   : sizeof amounts / sizeof *amounts;
}

/* ── finding and making ─ */

static struct family *family_get(
    struct counters *counters, enum counter_kind kind, const char *name, const char *help, const char *label)
{
	char *clean = clean_name(name);
	struct family *family = counters->first;
	while (clean && family && strcmp(family->name, clean) != 0)
		family = family->next;
	if (!clean || family || counters->family_count >= MOST_FAMILIES) {
		free(clean);
		bool fits = family && family->kind == kind && !family->label == !label;
		return fits ? family : NULL;
	}
	family = calloc(1, sizeof *family);
	if (!family) {
		free(clean);
		return NULL;
	}
	family->kind = kind;
	family->name = clean;
	family->help = strdup(help ? help : "");
	family->label = label ? clean_name(label) : NULL;
	if (!family->help || (label && !family->label)) {
		family_free(family);
		return NULL;
	}
	*(counters->last ? &counters->last->next : &counters->first) = family;
	counters->last = family;
	counters->family_count++;
	return family;
}

static struct counter *counter_new(struct family *family, const char *value)
{
	struct counter *counter = calloc(1, sizeof *counter);
	if (!counter)
		return NULL;
	counter->family = family;
	counter->value = family->label ? strdup(value) : NULL;
	if (family->kind == COUNTER_HISTOGRAM)
		counter->buckets = calloc(MOST_BUCKETS, sizeof *counter->buckets);
	if ((family->label && !counter->value) || (family->kind == COUNTER_HISTOGRAM && !counter->buckets)) {
		counter_free(counter);
		return NULL;
	}
	*(family->last ? &family->last->next : &family->first) = counter;
	family->last = counter;
	return counter;
}

static struct counter *series_get(struct counters *counters, struct family *family, const char *value)
{
	size_t place = (size_t)hash_bytes(value, strlen(value), (uint64_t)(uintptr_t)family);
	struct counter **slot;
	for (;; place++) {
		slot = &counters->table[place % (4 * MOST_SERIES)];
		if (!*slot)
			break;
		if ((*slot)->family == family && (!family->label || strcmp((*slot)->value, value) == 0))
			return *slot;
	}
	/* Each family may have one series beyond the limit: the one that takes the rest. */
	if (counters->series_count >= MOST_SERIES && family->label && strcmp(value, "other") != 0)
		return series_get(counters, family, "other");
	*slot = counter_new(family, value);
	if (!*slot)
		return NULL;
	counters->series_count++;
	return *slot;
}

struct counter *counter_get(struct counters *counters, enum counter_kind kind, const char *name, const char *help,
    const char *label, struct text value)
{
	char cut[LONGEST_VALUE + 1], printable[3 * LONGEST_VALUE + 1];
	struct family *family = family_get(counters, kind, name, help, label);
	text_copy(label ? value : TEXT_NONE, cut, sizeof cut);
	text_make_printable(text_of(cut), printable);
	struct counter *counter = family ? series_get(counters, family, printable) : NULL;
	return counter ? counter : &counters->spill;
}

/* ── counting ─ */

void counter_add(struct counter *counter, uint64_t amount)
{
	counter->total += amount;
}

void counter_set(struct counter *counter, double value)
{
	counter->number = value;
}

void counter_observe(struct counter *counter, double value)
{
	if (isnan(value))
		return;
	if (value < 0)
		value = 0;
	counter->total++;
	counter->number += value;
	if (!counter->buckets)
		return;
	const struct bucket *buckets = buckets_of(counter->family);
	size_t i = 0;
	while (value > buckets[i].most)
		i++;
	counter->buckets[i]++;
}

uint64_t counter_value(const struct counter *counter)
{
	if (!counter->family || counter->family->kind != COUNTER_GAUGE)
		return counter->total;
	if (!(counter->number > 0))
		return 0;
	return counter->number < 0x1p64 ? (uint64_t)counter->number : UINT64_MAX;
}

/* ── OpenMetrics ─ */

static void write_escaped(const char *words, struct builder *to)
{
	for (; *words; words++) {
		if (*words == '\\' || *words == '"')
			build_char(to, '\\');
		if (*words == '\n')
			build_text(to, TEXT("\\n"));
		else
			build_char(to, *words);
	}
}

/* name_suffix{label="value",le="…"} without the number. */
static void write_name(const struct counter *counter, const char *suffix, const char *bucket, struct builder *to)
{
	const struct family *family = counter->family;
	build_format(to, "%s%s", family->name, suffix);
	if (family->label || bucket)
		build_char(to, '{');
	if (family->label) {
		build_format(to, "%s=\"", family->label);
		write_escaped(counter->value, to);
		build_char(to, '"');
	}
	if (bucket)
		build_format(to, "%sle=\"%s\"", family->label ? "," : "", bucket);
	if (family->label || bucket)
		build_char(to, '}');
	build_char(to, ' ');
}

static void write_number(double number, struct builder *to)
{
	char words[40];
	if (isnan(number) || isinf(number)) {
		build_text(to, isnan(number) ? TEXT("NaN\n") : number < 0 ? TEXT("-Inf\n") : TEXT("+Inf\n"));
		return;
	}
	snprintf(words, sizeof words, "%.15g\n", number);
	for (char *c = words; *c; c++)
		if (*c == ',') /* whatever the locale */
			*c = '.';
	build_text(to, text_of(words));
}

static void write_histogram(const struct counter *counter, struct builder *to)
{
	const struct bucket *buckets = buckets_of(counter->family);
	uint64_t sum = 0;
	for (size_t i = 0; i < bucket_count(counter->family); i++) {
		sum += counter->buckets[i];
		write_name(counter, "_bucket", buckets[i].text, to);
		build_format(to, "%" PRIu64 "\n", sum);
	}
	write_name(counter, "_count", NULL, to);
	build_format(to, "%" PRIu64 "\n", counter->total);
	write_name(counter, "_sum", NULL, to);
	write_number(counter->number, to);
}

static void write_family(const struct family *family, struct builder *to)
{
	static const char *const kinds[] = {
		[COUNTER_TOTAL] = "counter", [COUNTER_GAUGE] = "gauge", [COUNTER_HISTOGRAM] = "histogram"
	};
	build_format(to, "# TYPE %s %s\n", family->name, kinds[family->kind]);
	if (ends_with(family->name, "_seconds") || ends_with(family->name, "_bytes"))
		build_format(to, "# UNIT %s %s\n", family->name, strrchr(family->name, '_') + 1);
	build_format(to, "# HELP %s ", family->name);
	write_escaped(family->help, to);
	build_char(to, '\n');
	for (const struct counter *counter = family->first; counter; counter = counter->next) {
		if (family->kind == COUNTER_HISTOGRAM) {
			write_histogram(counter, to);
		} else if (family->kind == COUNTER_TOTAL) {
			write_name(counter, "_total", NULL, to);
			build_format(to, "%" PRIu64 "\n", counter->total);
		} else {
			write_name(counter, "", NULL, to);
			write_number(counter->number, to);
		}
	}
}

void counters_write(const struct counters *counters, struct builder *to)
{
	for (const struct family *family = counters->first; family; family = family->next)
		write_family(family, to);
}
