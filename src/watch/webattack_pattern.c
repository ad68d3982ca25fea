/*
 * The two tables of patterns as one, and what the classes of attack are called.
 */
#include "watch/webattack_pattern.h"

#include "base/catalog.h"

#include <assert.h>

static const struct {
	const char *code, *title;
} attacks[ATTACK_COUNT] = {
	[ATTACK_SQL] = { "sql-injection", N_("SQL injection") },
	[ATTACK_BLIND_SQL] = { "blind-sql-injection", N_("Blind SQL injection") },
	[ATTACK_XSS] = { "cross-site-scripting", N_("Cross-site scripting") },
	[ATTACK_TRAVERSAL] = { "path-traversal", N_("Path traversal or file inclusion") },
	[ATTACK_COMMAND] = { "command-injection", N_("Command or code injection") },
	[ATTACK_WEB_SHELL] = { "web-shell", N_("Web shell") },
	[ATTACK_EXPLOIT] = { "known-exploit", N_("Exploit of a known vulnerability") },
	[ATTACK_SCANNER] = { "scanner", N_("Web scanner") },
};

const char *attack_code(enum attack attack)
{
	return attacks[attack].code;
}

const char *attack_title(enum attack attack)
{
	return attacks[attack].title;
}

static const struct {
	uint16_t id;
	const char *words;
} counts[COUNTED_COUNT] = {
	[COUNTED_BLIND] = { 190, N_("a sequence of conditions that learns one bit with each answer") },
	[COUNTED_MISSING] = { 690, N_("many requests for what is not there, one after the other") },
	[COUNTED_ODD] = { 691, N_("many different values with characters of a program's syntax, one after the other") },
	[COUNTED_UPLOADED] = { 790, N_("a program answers that its source had uploaded before") },
};

uint16_t counted_id(enum counted counted)
{
	return counts[counted].id;
}

const char *counted_words(enum counted counted)
{
	return counts[counted].words;
}

size_t pattern_count(void)
{
	assert(patterns_injection_count + patterns_known_count <= PATTERNS_MOST);
	return patterns_injection_count + patterns_known_count;
}

const struct pattern *pattern_at(size_t index)
{
	return index < patterns_injection_count ? &patterns_injection[index]
						: &patterns_known[index - patterns_injection_count];
}
