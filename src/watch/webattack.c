/*
 * The detector: what becomes of one request. See webattack.h.
 */
#include "watch/webattack.h"

#include "base/hash.h"
#include "watch/webattack_finding.h"
#include "watch/webattack_judge.h"
#include "watch/webattack_memory.h"
#include "watch/webattack_scan.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW (5 * MINUTE)
#define MISSING_MOST 30  /* distinct paths that are not there, in one window … */
#define MISSING_SHARE 50 /* … and at least so many per cent of the source's requests */
#define ODD_MOST 20      /* distinct queries whose values hold syntax, in one window … */
#define ODD_SHARE                                                                                                      \
	60 /* … and at least so many per cent of the source's requests with a query; half of                         \
	    * an attacker */
#define WEAK_WINDOW (10 * MINUTE)
#define WEAK_ENOUGH 20  /* light evidence of one class within the window … */
#define WEAK_LEAST 3    /* lighter than this is nothing but words */
#define WEAK_REQUESTS 3 /* … from so many requests */
#define UPLOAD_WINDOW (60 * MINUTE)

const struct webattack_settings webattack_defaults = { .sources = 65536, .paths = 131072, .findings = 16384 };

struct webattack {
	struct webattack_sink sink;
	struct scanner *scanner;
	struct memory memory;
	struct findings findings;
	struct webattack_counts counts;
};

/* One request on its way through. */
struct look {
	const struct weblog_request *request;
	uint64_t line;
	uint32_t file;
	struct source *source;
	struct path *path;
	struct hits hits;
	struct text decoded; /* of what was found first */
	bool reported;
};

enum error webattack_new(const struct webattack_settings *settings, const struct webattack_sink *sink,
    struct webattack **webattack, struct failure *failure)
{
	struct webattack *new = calloc(1, sizeof *new);
	if (!new)
		return fail(failure, ERROR_MEMORY, "no memory for the detector");
	new->sink = *sink;
	enum error error = scanner_new(&new->scanner, failure);
	if (!error && (!memory_init(&new->memory, settings->sources, settings->paths) ||
			  !findings_init(&new->findings, settings->findings, &new->sink)))
		error = fail(failure, ERROR_MEMORY, "no memory for %zu sources and %zu paths", settings->sources,
		    settings->paths);
	if (error) {
		webattack_free(new);
		return error;
	}
	*webattack = new;
	return OK;
}

void webattack_free(struct webattack *webattack)
{
	if (!webattack)
		return;
	scanner_free(webattack->scanner);
	memory_free(&webattack->memory);
	findings_free(&webattack->findings);
	free(webattack);
}

/* ── reporting ─ */

static void report(struct webattack *webattack, struct look *look, struct flagged *flagged)
{
	struct finding *finding = findings_get(&webattack->findings, look->source->is.key, flagged);
	flagged->request = look->request;
	flagged->line = look->line;
	flagged->decoded = look->decoded;
	if (finding) {
		flagged->tell = finding_add(finding, flagged, &look->hits);
		flagged->repeats = finding->untold;
		if (flagged->tell)
			finding->untold = 0;
	}
	look->source->attacked = look->request->occurred;
	look->reported = true;
	webattack->counts.by_attack[flagged->attack]++;
	if (webattack->sink.flagged)
		webattack->sink.flagged(webattack->sink.context, flagged);
}

static struct flagged flagged_as(const struct look *look, enum attack attack, uint16_t id, const char *words)
{
	return (struct flagged){
		.request = look->request, .file = look->file, .attack = attack, .pattern_id = id, .words = words
	};
}

/* A sequence that asks one bit each becomes a finding of its own once it is long enough. */
static void follow_blind(struct webattack *webattack, struct look *look, const struct judgement *judgement)
{
	struct flagged flagged =
	    flagged_as(look, ATTACK_BLIND_SQL, counted_id(COUNTED_BLIND), counted_words(COUNTED_BLIND));
	struct flagged single = flagged_as(look, ATTACK_SQL, 0, NULL);
	struct finding *finding = findings_get(&webattack->findings, look->source->is.key, &single);
	if (!finding || !finding_try(finding, look->request))
		return;
	flagged.judgement = judgement->by == JUDGED_WAITED ? *judgement : judge_blind(finding);
	report(webattack, look, &flagged);
	struct finding *blind = findings_get(&webattack->findings, look->source->is.key, &flagged);
	if (blind && blind->judgement.success != SUCCESS_LIKELY)
		blind->judgement = flagged.judgement; /* what the newest tries say */
}

/* ── light evidence ─ */

static bool is_attacker(const struct look *look)
{
	return look->source->attacked && look->request->occurred - look->source->attacked < WEAK_WINDOW;
}

static bool weak_adds_up(struct look *look, enum attack attack, unsigned weight)
{
	struct source *source = look->source;
	nanoseconds now = look->request->occurred;
	if (now - source->weak_since > WEAK_WINDOW) {
		memset(source->weak, 0, sizeof source->weak);
		memset(source->weak_requests, 0, sizeof source->weak_requests);
		source->weak_since = now;
	}
	bool attacker = is_attacker(look);
	source->weak[attack] = (uint16_t)(source->weak[attack] + weight < 1000 ? source->weak[attack] + weight : 1000);
	if (source->weak_requests[attack] < UINT8_MAX)
		source->weak_requests[attack]++;
	return source->weak[attack] >= (attacker ? WEAK_ENOUGH / 2 : WEAK_ENOUGH) &&
	       source->weak_requests[attack] >= (attacker ? 1 : WEAK_REQUESTS);
}

static const struct pattern *weightiest(const struct hits *hits, enum attack attack)
{
	const struct hit *most = NULL;
	for (size_t i = 0; i < hits->count; i++)
		if (pattern_at(hits->items[i].pattern)->attack == attack &&
		    (!most || hits->items[i].weight > most->weight))
			most = &hits->items[i];
	return most ? pattern_at(most->pattern) : NULL;
}

static void weigh(struct webattack *webattack, struct look *look, enum attack attack)
{
	unsigned weight = look->hits.weights[attack];
	const struct pattern *pattern = weightiest(&look->hits, attack);
	if (!pattern)
		return;
	struct judgement judgement = judge_request(
	    attack, look->request, &look->hits, scanner_normal(webattack->scanner), look->path, look->source);
	bool disclosed = judgement.by == JUDGED_DISCLOSED && pattern->discloses && weight >= 5;
	if (weight < WEIGHT_ENOUGH && !disclosed && (weight < WEAK_LEAST || !weak_adds_up(look, attack, weight)))
		return;
	struct flagged flagged = flagged_as(look, attack, pattern->id, pattern->words);
	flagged.judgement = judgement;
	report(webattack, look, &flagged);
	if (attack == ATTACK_SQL && look->hits.inference)
		follow_blind(webattack, look, &judgement);
}

/* ── what is found by counting ─ */

static void begin_window(struct look *look)
{
	struct source *source = look->source;
	if (look->request->occurred - source->window <= WINDOW)
		return;
	source->window = look->request->occurred;
	source->missing = source->odd = (struct tally){ 0 };
}

static void report_counted(
    struct webattack *webattack, struct look *look, enum counted counted, struct judgement judgement)
{
	struct flagged flagged = flagged_as(look, ATTACK_SCANNER, counted_id(counted), counted_words(counted));
	flagged.judgement = judgement;
	if (!look->reported)
		report(webattack, look, &flagged);
}

static void count_missing(struct webattack *webattack, struct look *look)
{
	struct tally *tally = &look->source->missing;
	unsigned status = look->request->status;
	bool missing = status == 404 || status == 403 || status == 400 || status == 410 || status == 405;
	tally_request(tally, missing, look->path->is.key);
	if (!tally->many)
		tally->many = tally->remarkable >= MISSING_MOST &&
			      tally->remarkable * 100 >= tally->requests * MISSING_SHARE &&
			      tally_distinct(tally) >= MISSING_MOST;
	if (missing && tally->many)
		report_counted(
		    webattack, look, COUNTED_MISSING, (struct judgement){ SUCCESS_NO, JUDGED_REFUSED, { status } });
}

/* Tools that try a list of values on a program: most of the list is no attack by itself (a quotation mark, a bracket,
 * a word), and nobody else sends so many such values so fast. */
static void count_odd(struct webattack *webattack, struct look *look)
{
	struct tally *tally = &look->source->odd;
	struct text query = look->request->target;
	unsigned half = is_attacker(look) ? 2 : 1, most = ODD_MOST / half;
	text_cut(&query, '?');
	if (!query.size)
		return;
	tally_request(tally, normal_is_odd(query), hash_text(query, 0));
	if (!tally->many)
		tally->many = tally->remarkable >= most &&
			      tally->remarkable * 100 >= tally->requests * ODD_SHARE / half &&
			      tally_distinct(tally) >= most;
	if (tally->many)
		report_counted(webattack, look, COUNTED_ODD, judge_value(look->request, look->path));
}

static bool is_upload(const struct weblog_request *request)
{
	return (text_equal_nocase(request->method, TEXT("POST")) || text_equal_nocase(request->method, TEXT("PUT"))) &&
	       request->status >= 200 && request->status < 400;
}

/* The path's extension is that of something that a server runs. */
static bool is_program(struct text target)
{
	static const struct text extensions[] = { TEXT(".php"), TEXT(".phtml"), TEXT(".asp"), TEXT(".aspx"),
		TEXT(".ashx"), TEXT(".jsp"), TEXT(".jspx"), TEXT(".cgi"), TEXT(".pl"), TEXT(".cfm") };
	struct text path = text_cut(&target, '?');
	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
		if (text_ends(path, extensions[i]))
			return true;
	return false;
}

/* A program that answers where none was, after its source had uploaded something. */
static void follow_upload(struct webattack *webattack, struct look *look)
{
	struct source *source = look->source;
	const struct weblog_request *request = look->request;
	bool recent = source->uploaded && request->occurred - source->uploaded <= UPLOAD_WINDOW;
	bool new = look->path->found == 0;
	bool in_uploads = look->hits.weights[ATTACK_WEB_SHELL] > 0;
	bool put = source->put_path == look->path->is.key && !text_equal_nocase(request->method, TEXT("PUT"));
	if (request->status / 100 == 2 && recent && is_program(request->target) && ((new &&in_uploads) || put)) {
		struct flagged flagged =
		    flagged_as(look, ATTACK_WEB_SHELL, counted_id(COUNTED_UPLOADED), counted_words(COUNTED_UPLOADED));
		flagged.judgement =
		    (struct judgement){ SUCCESS_LIKELY, JUDGED_UPLOADED, { source->upload_line, look->line } };
		report(webattack, look, &flagged);
	}
	if (!is_upload(request))
		return;
	source->uploaded = request->occurred;
	source->upload_line = look->line;
	source->put_path = text_equal_nocase(request->method, TEXT("PUT")) ? look->path->is.key : 0;
}

/* ── a request ─ */

static uint64_t source_key(const struct weblog_request *request)
{
	if (!address_exists(request->client))
		return hash_text(request->client_name, 1);
	struct address group = address_group(request->client);
	return hash_bytes(&group, sizeof group, 0);
}

static uint64_t path_key(const struct weblog_request *request)
{
	const char *query = request->target.size ? memchr(request->target.at, '?', request->target.size) : NULL;
	struct text path = { request->target.at, query ? (size_t)(query - request->target.at) : request->target.size };
	return hash_text(path, hash_text(request->server, 2));
}

static bool starts_http(struct text text)
{
	return text_starts(text, TEXT("http://")) || text_starts(text, TEXT("https://"));
}

/* No HTTP at all: the beginning of TLS or of another protocol. */
static bool is_binary(struct text target)
{
	return target.size && ((uint8_t)*target.at < ' ' || (uint8_t)*target.at >= 0x7f);
}

/* The header that says most is scanned last but the target: what scanner_normal() shows is the newest with a hit. */
static void look_for_patterns(struct webattack *webattack, struct look *look)
{
	static const size_t most = EXAMPLE_MOST;
	const struct weblog_request *request = look->request;
	struct scanner *scanner = webattack->scanner;
	bool found = scanner_header(scanner, request->agent, false, &look->hits);
	found |= scanner_header(scanner, request->referer, starts_http(request->referer), &look->hits);
	found |= scanner_header(scanner, request->cookie, false, &look->hits);
	if (request->method.size || !is_binary(request->target))
		found |= scanner_target(scanner, request->target, &look->hits);
	if (found) {
		const struct normal *normal = scanner_normal(scanner);
		look->decoded = (struct text){ normal->text, normal->size < most ? normal->size : most };
	}
}

void webattack_request(struct webattack *webattack, const struct weblog_request *request, uint32_t file, uint64_t line)
{
	struct look look = { .request = request, .line = line, .file = file };
	look.source = memory_source(&webattack->memory, source_key(request), request->occurred);
	look.path = memory_path(&webattack->memory, path_key(request), request->occurred);
	webattack->counts.requests++;
	look_for_patterns(webattack, &look);
	for (size_t attack = 0; attack < ATTACK_COUNT && look.hits.count; attack++)
		weigh(webattack, &look, (enum attack)attack);
	begin_window(&look);
	count_missing(webattack, &look);
	count_odd(webattack, &look);
	follow_upload(webattack, &look);
	webattack->counts.flagged += look.reported;
	if (!look.hits.count && !is_attacker(&look))
		judge_learn(look.path, request);
	look.path->found += request->status / 100 == 2;
	look.path->missing += request->status == 404;
}

void webattack_finish(struct webattack *webattack)
{
	findings_finish(&webattack->findings);
	memory_clear(&webattack->memory);
}

struct webattack_counts webattack_count(const struct webattack *webattack)
{
	struct webattack_counts counts = webattack->counts;
	counts.findings = webattack->findings.made;
	counts.findings_early = webattack->findings.early;
	counts.sources_forgotten = webattack->memory.sources_forgotten;
	counts.paths_forgotten = webattack->memory.paths_forgotten;
	return counts;
}
