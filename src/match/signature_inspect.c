/*
 * Trying the conditions of a signature on one buffer, exactly. A content that a later one is relative to is tried at
 * every place where it stands, within a bound of steps.
 */
#include "base/character.h"
#include "match/signature_inside.h"

#include <string.h>

#define STEPS_MOST 10000

struct trial {
	struct inspection *inspection;
	const struct condition *conditions;
	size_t count;
	const struct subject *subject;
};

struct span { /* where a content may stand; empty when first + size > end */
	int64_t first, end;
};

static bool same_nocase(const uint8_t *at, const uint8_t *lower, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)char_lower((char)at[i]) != lower[i])
			return false;
	return true;
}

/* Where the content stands first within the span; -1 = nowhere. */
static int64_t find_content(const struct condition *content, const struct subject *subject, struct span span)
{
	int64_t last = span.end - (int64_t)content->size;
	int64_t first = content->ends && span.first < (int64_t)(subject->size) - (int64_t)content->size
			    ? (int64_t)subject->size - (int64_t)content->size
			    : span.first;
	if (first > last)
		return -1;
	if (!content->nocase) {
		const uint8_t *found =
		    memmem(subject->at + first, (size_t)(span.end - first), content->bytes, content->size);
		return found ? found - subject->at : -1;
	}
	for (int64_t i = first; i <= last; i++)
		if (same_nocase(subject->at + i, content->bytes, content->size))
			return i;
	return -1;
}

static struct span span_of(const struct condition *content, const struct subject *subject, size_t before)
{
	struct span span = { 0, (int64_t)subject->size };
	int64_t end = span.end;
	if (content->relative) {
		span.first = (int64_t)before + content->distance;
		if (content->has_within)
			end = span.first + content->within;
	} else {
		span.first = (int64_t)content->offset - (int64_t)subject->begin;
		if (content->has_depth)
			end = span.first + content->depth;
	}
	if (end < span.end)
		span.end = end;
	if (span.first < 0)
		span.first = 0;
	return span;
}

static bool holds(const struct trial *trial, size_t number, size_t before);

static bool content_holds(const struct trial *trial, size_t number, size_t before)
{
	const struct condition *content = &trial->conditions[number];
	struct span span = span_of(content, trial->subject, before);
	int64_t at = find_content(content, trial->subject, span);
	if (content->negated)
		return at < 0 && holds(trial, number + 1, before);
	while (at >= 0) {
		if (holds(trial, number + 1, (size_t)at + content->size))
			return true;
		if (!content->followed || trial->inspection->exhausted)
			return false;
		span.first = at + 1;
		at = find_content(content, trial->subject, span);
	}
	return false;
}

static bool pcre_holds(const struct trial *trial, size_t number, size_t before)
{
	const struct condition *pcre = &trial->conditions[number];
	struct inspection *inspection = trial->inspection;
	size_t base = pcre->relative ? before : 0;
	if (base > trial->subject->size)
		return pcre->negated && holds(trial, number + 1, before);
	for (size_t start = 0; base + start <= trial->subject->size;) {
		int found = pcre2_match(pcre->code, trial->subject->at + base, trial->subject->size - base, start, 0,
		    inspection->match, inspection->limits);
		if (found < 0 && found != PCRE2_ERROR_NOMATCH) {
			inspection->exhausted = true;
			return false;
		}
		if (pcre->negated)
			return found < 0 && holds(trial, number + 1, before);
		if (found < 0)
			return false;
		const size_t *places = pcre2_get_ovector_pointer(inspection->match);
		size_t first = places[0], end = places[1];
		if (holds(trial, number + 1, base + end))
			return true;
		if (!pcre->followed || inspection->exhausted)
			return false;
		start = first + 1;
	}
	return false;
}

static bool compare(const struct condition *condition, uint64_t value)
{
	switch (condition->comparison) {
	case COMPARE_LESS:
		return value < condition->value;
	case COMPARE_MORE:
		return value > condition->value;
	case COMPARE_LESS_EQUAL:
		return value <= condition->value;
	case COMPARE_MORE_EQUAL:
		return value >= condition->value;
	case COMPARE_AND:
		return value & condition->value;
	case COMPARE_OR:
		return value ^ condition->value;
	case COMPARE_BETWEEN:
		return value > condition->value && value < condition->most;
	default:
		return value == condition->value;
	}
}

static bool digits_value(const uint8_t *at, size_t size, unsigned base, uint64_t *value)
{
	size_t i = 0;
	while (i < size && char_is_space((char)at[i]))
		i++;
	if (base == 0) {
		base = 10;
		if (i + 1 < size && at[i] == '0' && char_lower((char)at[i + 1]) == 'x') {
			base = 16;
			i += 2;
		}
	}
	size_t first = i;
	for (*value = 0; i < size; i++) {
		int digit = char_hex((char)at[i]);
		if (digit < 0 || digit >= (int)base)
			break;
		*value = *value * base + (unsigned)digit;
	}
	return i > first;
}

static bool bytes_hold(const struct condition *test, const struct subject *subject, size_t before)
{
	int64_t at = (test->relative ? (int64_t)before : 0) + test->offset;
	uint64_t value = 0;
	if (at < 0 || at + test->width > (int64_t)subject->size)
		return false;
	if (test->string) {
		if (!digits_value(subject->at + at, test->width, test->base, &value))
			return false;
	} else {
		for (uint32_t i = 0; i < test->width; i++)
			value = value << 8 | subject->at[test->little ? at + test->width - 1 - i : at + i];
	}
	return compare(test, value) != test->negated;
}

static bool data_at_holds(const struct condition *condition, const struct subject *subject, size_t before)
{
	uint64_t at = (condition->relative ? before : 0) + condition->value;
	return (at < subject->size) != condition->negated;
}

static bool holds(const struct trial *trial, size_t number, size_t before)
{
	if (number == trial->count)
		return true;
	if (++trial->inspection->steps > STEPS_MOST) {
		trial->inspection->exhausted = true;
		return false;
	}
	const struct condition *condition = &trial->conditions[number];
	bool true_here;
	switch (condition->kind) {
	case CONDITION_CONTENT:
		return content_holds(trial, number, before);
	case CONDITION_PCRE:
		return pcre_holds(trial, number, before);
	case CONDITION_DATA_AT:
		true_here = data_at_holds(condition, trial->subject, before);
		break;
	case CONDITION_BYTES:
		true_here = bytes_hold(condition, trial->subject, before);
		break;
	default:
		true_here = compare(condition, trial->subject->unit) != condition->negated;
	}
	return true_here && holds(trial, number + 1, before);
}

bool group_holds(struct inspection *inspection, const struct signature *signature, const struct group *group,
    const struct subject *subject)
{
	const struct trial trial = { inspection, signature->conditions + group->first, group->count, subject };
	inspection->steps = 0;
	inspection->exhausted = false;
	return holds(&trial, 0, 0);
}
