/*
 * Findings. See webattack_finding.h.
 */
#include "watch/webattack_finding.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 16
#define ALERTS_AT_ONCE 10
#define TRIES_COUNTED 40 /* of a blind sequence, before half is forgotten */
#define ALERT_EVERY MINUTE

bool findings_init(struct findings *findings, size_t most, const struct webattack_sink *sink)
{
	*findings = (struct findings){ .sets = 1, .sink = sink };
	while (findings->sets * WAYS < most)
		findings->sets *= 2;
	findings->items = calloc(findings->sets * WAYS, sizeof(struct finding *));
	return findings->items != NULL;
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; findings->items && i < findings->sets * WAYS; i++)
		free(findings->items[i]);
	free(findings->items);
	*findings = (struct findings){ 0 };
}

static void begin(struct finding *finding, uint64_t key, const struct flagged *flagged)
{
	*finding = (struct finding){ .key = key,
		.attack = flagged->attack,
		.client = flagged->request->client,
		.server_address = flagged->request->server_address,
		.file = flagged->file,
		.first = flagged->request->occurred,
		.last = flagged->request->occurred };
	text_copy(flagged->request->client_name, finding->client_name, sizeof finding->client_name);
	text_copy(flagged->request->server, finding->server, sizeof finding->server);
}

struct finding *findings_get(struct findings *findings, uint64_t source_key, const struct flagged *flagged)
{
	uint64_t key = hash_u64(source_key, (uint64_t)flagged->attack << 32 | flagged->file);
	struct finding **set = findings->items + (key & (findings->sets - 1)) * WAYS, **place = set;
	key |= !key;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i] && set[i]->key == key)
			return set[i];
		if (*place && (!set[i] || set[i]->last < (*place)->last))
			place = &set[i];
	}
	if (*place) {
		findings->early++;
		findings->sink->finding(findings->sink->context, *place);
	} else {
		*place = malloc(sizeof **place);
	}
	if (*place) {
		findings->made++;
		begin(*place, key, flagged);
	}
	return *place;
}

static int gravest_first(const void *a, const void *b)
{
	const struct finding *first = *(struct finding *const *)a, *second = *(struct finding *const *)b;
	if (first->judgement.success != second->judgement.success)
		return first->judgement.success > second->judgement.success ? -1 : 1;
	if (first->file != second->file)
		return first->file < second->file ? -1 : 1;
	uint64_t lines[2] = { first->ranges[0].first, second->ranges[0].first };
	return lines[0] < lines[1] ? -1 : lines[0] > lines[1];
}

void findings_finish(struct findings *findings)
{
	size_t count = 0;
	for (size_t i = 0; i < findings->sets * WAYS; i++)
		if (findings->items[i]) {
			struct finding *one = findings->items[i];
			findings->items[i] = NULL;
			findings->items[count++] = one;
		}
	qsort(findings->items, count, sizeof *findings->items, gravest_first);
	for (size_t i = 0; i < count; i++) {
		findings->sink->finding(findings->sink->context, findings->items[i]);
		free(findings->items[i]);
		findings->items[i] = NULL;
	}
}

static void add_line(struct finding *finding, uint64_t line)
{
	struct line_range *last = finding->range_count ? &finding->ranges[finding->range_count - 1] : NULL;
	if (last && line == last->last) /* the same line by two patterns */
		return;
	if (last && line == last->last + 1 && !finding->lines_more)
		last->last = line;
	else if (finding->range_count < RANGES_MOST)
		finding->ranges[finding->range_count++] = (struct line_range){ line, line };
	else
		finding->lines_more++;
}

static void add_path(struct finding *finding, struct text target)
{
	const char *query = target.size ? memchr(target.at, '?', target.size) : NULL;
	struct text path = { target.at, query ? (size_t)(query - target.at) : target.size };
	uint64_t key = hash_text(path, 0);
	for (size_t i = 0; i < finding->path_count; i++)
		if (finding->path_keys[i] == key)
			return;
	if (finding->path_count == PATHS_MOST) {
		finding->paths_more = true;
		return;
	}
	text_copy(path, finding->paths[finding->path_count], sizeof finding->paths[0]);
	finding->path_keys[finding->path_count++] = key;
}

bool finding_add(struct finding *finding, const struct flagged *flagged, const struct hits *hits)
{
	const struct weblog_request *request = flagged->request;
	bool better = flagged->judgement.success > finding->judgement.success || !finding->requests;
	finding->requests++;
	if (request->occurred > finding->last)
		finding->last = request->occurred;
	add_line(finding, flagged->line);
	add_path(finding, request->target);
	finding->statuses[request->status / 100 < 6 ? request->status / 100 : 0]++;
	for (size_t i = 0; hits && i < hits->count; i++)
		if (pattern_at(hits->items[i].pattern)->attack == finding->attack)
			finding->patterns[hits->items[i].pattern / 64] |= (uint64_t)1 << hits->items[i].pattern % 64;
	if (better) {
		finding->judgement = flagged->judgement;
		finding->example_line = flagged->line;
		text_copy(flagged->decoded.size ? flagged->decoded : request->target, finding->example,
		    sizeof finding->example);
	}
	for (size_t i = 0; i < COUNTED_COUNT; i++)
		finding->by_count[i] |= flagged->pattern_id == counted_id((enum counted)i);
	finding->untold++;
	bool tell = better || finding->requests <= ALERTS_AT_ONCE || request->occurred - finding->told >= ALERT_EVERY;
	if (tell)
		finding->told = request->occurred;
	return tell;
}

/* The newest tries count most: a tool first looks for a way, then asks for one bit after the other. */
static void forget_half(struct finding *finding)
{
	size_t kept = 0;
	finding->tries = 0;
	for (size_t i = 0; i < finding->kind_count; i++) {
		finding->kinds[kept] = finding->kinds[i];
		finding->kinds[kept].count /= 2;
		finding->tries += finding->kinds[kept].count;
		kept += finding->kinds[kept].count != 0;
	}
	finding->kind_count = kept;
}

bool finding_try(struct finding *finding, const struct weblog_request *request)
{
	size_t i = 0;
	if (finding->tries == TRIES_COUNTED)
		forget_half(finding);
	finding->tries++;
	while (i < finding->kind_count &&
	       (finding->kinds[i].status != request->status || finding->kinds[i].size != request->size))
		i++;
	if (i < finding->kind_count)
		finding->kinds[i].count++;
	else if (i < KINDS_MOST)
		finding->kinds[finding->kind_count++] = (struct answer_kind){ request->status, request->size, 1 };
	return finding->tries >= BLIND_TRIES;
}
