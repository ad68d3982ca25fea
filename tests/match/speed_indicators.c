/*
 * What a large set of indicators costs: reading the list, loading the compiled file, and look-ups that hit and miss,
 * one by one and in batches, beside plain loads of random cache lines of a table as large. Run by bench/run indicators;
 * prints one JSON object. CPU time of the thread.
 *
 * usage: speed_indicators COUNT FOLDER
 */
#include "match/indicator_list.h"
#include "speed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define QUESTIONS 2000000u
#define AT_ONCE 16

/* The number-th indicator: of ten, four domains, three addresses, two hashes, a URL. */
static enum indicator_kind value_of(char to[static 96], uint64_t number)
{
	uint64_t a = mix(number), b = mix(a);
	switch (number % 10) {
	case 0 ... 3:
		snprintf(to, 96, "h%" PRIx64 ".d%u.example", a >> 24, (unsigned)(b % 50000));
		return INDICATOR_DOMAIN;
	case 4 ... 6:
		snprintf(to, 96, "%u.%u.%u.%u", (unsigned)(a >> 56 | 1), (unsigned)(a >> 48 & 255),
		    (unsigned)(a >> 40 & 255), (unsigned)(a >> 32 & 255));
		return INDICATOR_ADDRESS;
	case 7 ... 8:
		snprintf(to, 96, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, a, b, mix(b), mix(mix(b)));
		return INDICATOR_SHA256;
	default:
		snprintf(to, 96, "http://h%" PRIx64 ".example/%" PRIx64, a >> 24, b >> 40);
		return INDICATOR_URL;
	}
}

static void write_list(const char *path, uint64_t count)
{
	FILE *to = fopen(path, "w");
	if (!to)
		give_up("cannot write the list");
	for (uint64_t i = 0; i < count; i++) {
		char value[96];
		enum indicator_kind kind = value_of(value, i);
		fprintf(to, "%s,%s,alert,%" PRIu64 "\n", indicator_kind_name(kind), value, i);
	}
	for (int i = 0; i < 1000; i++) /* prefixes of ten lengths, so that each address is asked for at each */
		fprintf(to, "prefix,198.18.%d.%d/%d,alert,1\n", i / 256, i % 256, 16 + i % 10);
	if (fclose(to))
		give_up("cannot write the list");
}

static void met(void *context, const struct indicator_match *match)
{
	*(uint64_t *)context += match->query + 1;
}

struct questions {
	char (*at)[96];
	uint32_t count;
	unsigned kinds;
};

/* Of one kind; those that hit are in the set, in an order that is not the list's. */
static struct questions make_questions(uint64_t count, enum indicator_kind kind, bool hit)
{
	struct questions made = { malloc(QUESTIONS * sizeof *made.at), 0, INDICATOR_BIT(kind) };
	for (uint64_t i = 0; made.at && made.count < QUESTIONS; i++) {
		uint64_t number = mix(i) % count + (hit ? 0 : count);
		if (value_of(made.at[made.count], number) == kind)
			made.count++;
	}
	return made;
}

static double ask(const struct indicator_set *set, const struct questions *questions, unsigned at_once, uint64_t *found)
{
	static struct indicator_batch batch;
	double began = now();
	*found = 0;
	indicator_batch_begin(&batch, set, met, found);
	for (uint32_t i = 0; i < questions->count; i++) {
		indicator_batch_kinds(&batch, questions->kinds, text_of(questions->at[i]), 0);
		if (i % at_once == at_once - 1)
			indicator_batch_end(&batch);
	}
	indicator_batch_end(&batch);
	return (now() - began) * 1e9 / questions->count;
}

/* The text of a question is parsed before it is looked up: what that costs alone. */
static double parse_only(const struct questions *questions)
{
	uint8_t form[INDICATOR_VALUE];
	volatile size_t sum = 0;
	double began = now();
	for (uint32_t i = 0; i < questions->count; i++)
		sum += indicator_normalize(
		    (enum indicator_kind)__builtin_ctz(questions->kinds), text_of(questions->at[i]), form);
	return (now() - began) * 1e9 / questions->count;
}

/* ns for a load of a random cache line out of so many bytes: each depends on the one before, or they are independent.
 */
static double random_loads(size_t bytes, bool dependent)
{
	size_t lines = bytes / 64;
	uint64_t(*table)[8] = aligned_alloc((size_t)2 << 20, (bytes + ((size_t)2 << 20)) & ~(((size_t)2 << 20) - 1));
	if (!table)
		give_up("no memory");
	madvise(table, bytes, MADV_HUGEPAGE);
	memset(table, 0, lines * 64);
	volatile uint64_t out;
	uint64_t sum = 0;
	double began = now();
	for (uint64_t i = 0; i < QUESTIONS; i++)
		sum += table[mix(dependent ? i + sum : i) % lines][0];
	double taken = now() - began;
	out = sum;
	(void)out;
	free(table);
	return taken * 1e9 / QUESTIONS;
}

static void show_look_ups(const struct indicator_set *set, uint64_t count)
{
	static const enum indicator_kind kinds[] = { INDICATOR_ADDRESS, INDICATOR_DOMAIN, INDICATOR_SHA256,
		INDICATOR_URL };
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (int hit = 0; hit < 2; hit++) {
			struct questions questions = make_questions(count, kinds[k], hit);
			uint64_t found, batch_found;
			if (!questions.at)
				give_up("no memory");
			double parsing = parse_only(&questions);
			double one = ask(set, &questions, 1, &found);
			double batch = ask(set, &questions, AT_ONCE, &batch_found);
			if (found != batch_found || (hit && found < questions.count))
				give_up("a look-up did not find what it should");
			printf(",\"%s_%s_ns\":%.1f,\"%s_%s_batch_ns\":%.1f,\"%s_%s_parsing_ns\":%.1f",
			    indicator_kind_name(kinds[k]), hit ? "hit" : "miss", one, indicator_kind_name(kinds[k]),
			    hit ? "hit" : "miss", batch, indicator_kind_name(kinds[k]), hit ? "hit" : "miss", parsing);
			free(questions.at);
		}
}

static struct indicator_set *load(const char *path, double *seconds)
{
	struct indicator_set *set;
	struct indicator_list_counts counts;
	struct failure failure;
	double began = now();
	if (indicators_load(path, &set, &counts, NULL, NULL, &failure) != OK)
		give_up(failure.words);
	*seconds = now() - began;
	return set;
}

int main(int argc, char **argv)
{
	char list[4096], compiled[4096];
	double seconds;
	struct failure failure;
	if (argc != 3)
		give_up("give a count and a folder");
	uint64_t count = strtoull(argv[1], NULL, 10);
	snprintf(list, sizeof list, "%s/list", argv[2]);
	snprintf(compiled, sizeof compiled, "%s/set", argv[2]);
	write_list(list, count);
	struct indicator_set *set = load(list, &seconds);
	struct indicator_counts counts = indicator_set_count(set);
	printf("{\"indicators\":%u,\"repeated\":%u,\"bytes\":%" PRIu64 ",\"bytes_each\":%.1f,\"list_seconds\":%.2f",
	    counts.total, counts.repeated, counts.bytes, (double)counts.bytes / counts.total, seconds);
	double began = now();
	if (indicator_set_write(set, compiled, &failure) != OK)
		give_up(failure.words);
	printf(",\"write_seconds\":%.2f", now() - began);
	indicator_set_free(set);
	set = load(compiled, &seconds);
	size_t table = (size_t)(counts.total / 5.6) * 64;
	printf(",\"compiled_seconds\":%.2f,\"random_line_ns\":%.1f,\"dependent_line_ns\":%.1f", seconds,
	    random_loads(table, false), random_loads(table, true));
	show_look_ups(set, count);
	puts("}");
	indicator_set_free(set);
	return 0;
}
