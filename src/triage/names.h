/*
 * Names that alerts carry (hosts, signatures, accounts), each kept once for an organisation and known by a small
 * number. Called by the judges and by triage.c; bounded: when full, every further name is number 0, "other".
 */
#ifndef NOROSHI_TRIAGE_NAMES_H
#define NOROSHI_TRIAGE_NAMES_H

#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

#define NAMES_LONGEST 512u /* bytes of a name that count; what follows is cut off */

struct name {
	uint64_t hash;   /* of the text: the same in every run, unlike the number */
	uint32_t offset; /* of the text in `bytes` */
	uint32_t size;
};

struct names {
	struct name *items; /* items[0] is "other" */
	uint32_t count, room;
	uint32_t *slots; /* open addressing over items; 0 = empty */
	uint32_t slot_mask;
	char *bytes;
	size_t bytes_used, bytes_room;
	uint32_t most; /* names */
	uint64_t refused;
};

enum error names_init(struct names *names, uint32_t most);
void names_free(struct names *names);
/* The number of `text`, adding it when new; 0 for an empty text, or when full. */
uint32_t names_number(struct names *names, struct text text);
struct text names_text(const struct names *names, uint32_t number); /* valid until the next names_number() */
uint64_t names_hash(const struct names *names, uint32_t number);
size_t names_memory(const struct names *names);

void names_save(const struct names *names, struct builder *to);
enum error names_load(struct names *names, struct reader *from);

#endif
