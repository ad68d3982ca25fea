/*
 * Filters: of each signature one content, the one that says fast_pattern or else the longest, becomes a pattern of the
 * filter of its buffer. Equal patterns are one. A signature without a content is tried whenever its buffer is there.
 */
#include "match/signature_inside.h"

#include <stdlib.h>
#include <string.h>

struct pattern {
	const struct condition *content;
	uint32_t signature;
	uint16_t buffer;
};

static const struct group *group_of(const struct signature *signature, size_t condition)
{
	for (uint16_t i = 0; i < signature->group_count; i++)
		if (condition >= signature->groups[i].first &&
		    condition < (size_t)signature->groups[i].first + signature->groups[i].count)
			return &signature->groups[i];
	return NULL;
}

static const struct condition *best_content(const struct signature *signature)
{
	const struct condition *best = NULL;
	for (uint16_t i = 0; i < signature->condition_count; i++) {
		const struct condition *content = &signature->conditions[i];
		if (content->kind != CONDITION_CONTENT || content->negated || !group_of(signature, i))
			continue;
		if (!best || (content->fast && !best->fast) ||
		    (content->fast == best->fast && content->size > best->size))
			best = content;
	}
	return best;
}

static enum error add_unfiltered(struct filter *filter, uint32_t number)
{
	uint32_t *more = realloc(filter->unfiltered, (filter->unfiltered_count + 1) * sizeof *more);
	if (!more)
		return ERROR_MEMORY;
	more[filter->unfiltered_count++] = number;
	filter->unfiltered = more;
	return OK;
}

/* Each signature's pattern for each buffer that it may be met in; how many there are, negative without memory. */
static long collect(struct signature_set *set, struct pattern *patterns)
{
	long count = 0;
	for (uint32_t i = 0; i < set->count; i++) {
		const struct signature *signature = &set->signatures[i];
		const struct condition *best = best_content(signature);
		const struct group *group = best ? group_of(signature, (size_t)(best - signature->conditions))
					    : signature->group_count ? &signature->groups[0]
								     : NULL;
		set->counts.unfiltered += !best;
		for (int side = 0; side < 2; side++) {
			uint16_t buffer = group ? group->buffers[side] : side ? BUFFER_COUNT : BUFFER_PAYLOAD;
			if (buffer == BUFFER_COUNT)
				continue;
			if (best)
				patterns[count++] = (struct pattern){ best, i, buffer };
			else if (add_unfiltered(&set->filters[buffer], i) != OK)
				return -1;
		}
	}
	return count;
}

static int compare_contents(const struct condition *a, const struct condition *b)
{
	if (a->nocase != b->nocase)
		return a->nocase ? 1 : -1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->size);
}

static int compare_patterns(const void *a, const void *b)
{
	const struct pattern *x = a, *y = b;
	if (x->buffer != y->buffer)
		return x->buffer < y->buffer ? -1 : 1;
	int order = compare_contents(x->content, y->content);
	return order ? order : x->signature < y->signature ? -1 : x->signature > y->signature;
}

struct expressions { /* as Vectorscan takes them */
	const char **at;
	size_t *sizes;
	unsigned *flags, *ids;
};

static enum error compile_filter(struct filter *filter, const struct expressions *expressions, struct failure *failure)
{
	hs_compile_error_t *wrong = NULL;
	if (hs_compile_lit_multi(expressions->at, expressions->flags, expressions->ids, expressions->sizes,
		filter->patterns, HS_MODE_BLOCK, NULL, &filter->database, &wrong) == HS_SUCCESS)
		return OK;
	fail(failure, ERROR_SYSTEM, "the filter of signatures cannot be made: %s", wrong ? wrong->message : "");
	hs_free_compile_error(wrong);
	return ERROR_SYSTEM;
}

/* The patterns of one buffer, sorted: equal ones stand together. */
static enum error make_filter(struct filter *filter, const struct pattern *patterns, uint32_t count,
    const struct expressions *expressions, struct failure *failure)
{
	filter->first = calloc((size_t)count + 1, sizeof *filter->first);
	filter->signatures = calloc(count, sizeof *filter->signatures);
	if (!filter->first || !filter->signatures)
		return fail(failure, ERROR_MEMORY, "no memory for the signatures");
	for (uint32_t i = 0; i < count; i++) {
		const struct condition *content = patterns[i].content;
		filter->signatures[i] = patterns[i].signature;
		if (i > 0 && compare_contents(content, patterns[i - 1].content) == 0)
			continue;
		uint32_t number = filter->patterns++;
		filter->first[number] = i;
		if (content->size > filter->longest)
			filter->longest = content->size;
		expressions->at[number] = (const char *)content->bytes;
		expressions->sizes[number] = content->size;
		expressions->flags[number] = HS_FLAG_SINGLEMATCH | (content->nocase ? HS_FLAG_CASELESS : 0);
		expressions->ids[number] = number;
	}
	filter->first[filter->patterns] = count;
	return compile_filter(filter, expressions, failure);
}

static enum error make_all(struct signature_set *set, struct pattern *patterns, size_t count,
    const struct expressions *expressions, struct failure *failure)
{
	enum error error = OK;
	qsort(patterns, count, sizeof *patterns, compare_patterns);
	for (size_t i = 0, end; i < count && !error; i = end) {
		struct filter *filter = &set->filters[patterns[i].buffer];
		for (end = i + 1; end < count && patterns[end].buffer == patterns[i].buffer; end++)
			;
		error = make_filter(filter, patterns + i, (uint32_t)(end - i), expressions, failure);
		set->counts.patterns += filter->patterns;
	}
	return error;
}

enum error signature_filters_make(struct signature_set *set, struct failure *failure)
{
	size_t most = 2 * (size_t)set->count + 1;
	struct pattern *patterns = calloc(most, sizeof *patterns);
	const struct expressions expressions = { calloc(most, sizeof(char *)), calloc(most, sizeof(size_t)),
		calloc(most, sizeof(unsigned)), calloc(most, sizeof(unsigned)) };
	long count = -1;
	if (patterns && expressions.at && expressions.sizes && expressions.flags && expressions.ids)
		count = collect(set, patterns);
	enum error error = count < 0 ? fail(failure, ERROR_MEMORY, "no memory for the signatures")
				     : make_all(set, patterns, (size_t)count, &expressions, failure);
	free(patterns);
	free(expressions.at);
	free(expressions.sizes);
	free(expressions.flags);
	free(expressions.ids);
	return error;
}
