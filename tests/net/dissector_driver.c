/*
 * The driver of dissectors (dissector_driver.h): a small, slow twin of the observer's handling of streams.
 */
#include "dissector_driver.h"

#include "base/memory.h"
#include "formats/eve_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whatever NDEBUG says: fuzz targets drive dissectors too. */
#define MUST(condition) ((condition) ? (void)0 : abort())

/* Bytes of a side that the dissector is not done with. */
struct kept {
	uint8_t *bytes;
	size_t size, room;
	uint64_t skip; /* that come next and are of no interest */
	bool lost;     /* nothing more is wanted of this side */
};

struct driver {
	const struct conversation *conversation;
	struct dissection dissection;
	struct flow flow;
	struct kept kept[2];
	const struct dissector *next;
	bool become; /* `next` takes over */
	bool named;  /* a dissector is at work */
	bool swapped;
	char seen[2][32][64]; /* anomalies, by side */
	size_t seen_count[2];
	driver_show show;
	struct builder *to;
	struct listener listener;
};

static const char *const side_names[] = { "client", "server" };

static void on_facts(void *context, const struct dissection *dissection, enum side side, const void *facts)
{
	struct driver *driver = context;
	build_format(driver->to, "%s ", side_names[side]);
	driver->show(driver->to, dissection, side, facts);
	build_char(driver->to, '\n');
}

static void on_anomaly(void *context, const struct dissection *dissection, enum side side, const char *event)
{
	struct driver *driver = context;
	(void)dissection;
	for (size_t i = 0; i < driver->seen_count[side]; i++)
		if (strcmp(driver->seen[side][i], event) == 0)
			return;
	MUST(driver->seen_count[side] < 32);
	snprintf(driver->seen[side][driver->seen_count[side]++], 64, "%s", event);
	build_format(driver->to, "%s anomaly %s\n", side_names[side], event);
}

static struct driver *driver_of(const struct dissection *dissection)
{
	return dissection->listener->context;
}

void dissection_emit(struct dissection *dissection, enum side side, const void *facts)
{
	dissection->listener->facts(dissection->listener->context, dissection, side, facts);
}

void dissection_anomaly(struct dissection *dissection, enum side side, const char *event)
{
	dissection->listener->anomaly(dissection->listener->context, dissection, side, event);
}

void dissection_become(struct dissection *dissection, const struct dissector *next)
{
	struct driver *driver = driver_of(dissection);
	driver->become = true;
	driver->next = next;
}

void dissection_swap(struct dissection *dissection)
{
	driver_of(dissection)->swapped ^= true;
	dissection->swapped ^= true;
}

void driver_show_eve(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	build_char(to, '{');
	eve_members(to, dissection, side, facts);
	build_char(to, '}');
}

static void show_field(void *context, enum field field, struct text value)
{
	struct builder *to = context;
	build_format(to, "%s=", field_name(field));
	build_text(to, value);
	build_char(to, ' ');
}

void driver_show_fields(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	(void)side;
	dissection->dissector->fields(facts, show_field, to);
}

static void begin(struct driver *driver, const struct dissector *dissector)
{
	driver->dissection.dissector = dissector;
	driver->dissection.state = calloc(1, dissector->state_size ? dissector->state_size : 1);
	MUST(driver->dissection.state);
	driver->named = true;
	if (dissector->start)
		dissector->start(&driver->dissection);
}

static void end(struct driver *driver)
{
	if (!driver->named)
		return;
	if (driver->dissection.dissector->stop)
		driver->dissection.dissector->stop(&driver->dissection);
	free(driver->dissection.state);
	driver->dissection.state = NULL;
	driver->named = false;
}

static void take(struct kept *kept, uint64_t size)
{
	if (size > kept->size) {
		kept->skip = size - kept->size;
		size = kept->size;
	}
	memmove(kept->bytes, kept->bytes + size, kept->size - size);
	kept->size -= size;
}

/* Asks each dissector for the first bytes of a side; true when one is sure, whatever others may still become. */
static bool recognise(struct driver *driver, enum side side)
{
	const struct kept *kept = &driver->kept[side];
	for (const struct dissector *const *one = dissectors; *one; one++) {
		if (!((*one)->transports & driver->dissection.transport))
			continue;
		enum likeness likeness = (*one)->recognise(side, kept->bytes, kept->size);
		if (likeness == LIKENESS_SURE) {
			begin(driver, *one);
			return true;
		}
	}
	return false;
}

static void show_bytes(struct driver *driver, enum side side)
{
	struct kept *kept = &driver->kept[side];
	for (;;) {
		if (kept->lost || !kept->size || (!driver->named && !recognise(driver, side)))
			return;
		/* A copy of exactly its size, so that the address sanitizer sees what reads beyond. */
		size_t size = kept->size;
		uint8_t *copy = malloc(size);
		MUST(copy);
		memcpy(copy, kept->bytes, size);
		enum side seen_as = driver->swapped ? OTHER_SIDE(side) : side;
		uint64_t done = driver->dissection.dissector->data(&driver->dissection, seen_as, copy, size);
		free(copy);
		take(kept, done);
		if (driver->become) {
			driver->become = false;
			end(driver);
			if (driver->next)
				begin(driver, driver->next);
			continue;
		}
		if (!done && kept->size > driver->dissection.dissector->most_kept) {
			kept->lost = true;
			on_anomaly(driver, &driver->dissection, seen_as, "applayer_too_long");
		}
		if (!done || !kept->size)
			return;
	}
}

static void add(struct driver *driver, enum side side, const uint8_t *at, size_t size)
{
	struct kept *kept = &driver->kept[side];
	size_t skip = kept->skip < size ? (size_t)kept->skip : size;
	kept->skip -= skip;
	if (kept->lost || size == skip)
		return;
	at += skip, size -= skip;
	while (kept->room < kept->size + size) {
		uint8_t *grown = array_grow(kept->bytes, &kept->room, 256, 1);
		MUST(grown);
		kept->bytes = grown;
	}
	memcpy(kept->bytes + kept->size, at, size);
	kept->size += size;
	show_bytes(driver, side);
}

static void add_datagram(struct driver *driver, const struct said *said)
{
	struct kept *kept = &driver->kept[said->side];
	kept->bytes = (uint8_t *)said->at;
	kept->size = said->size;
	if (driver->named || recognise(driver, said->side)) {
		enum side seen_as = driver->swapped ? OTHER_SIDE(said->side) : said->side;
		driver->dissection.dissector->data(&driver->dissection, seen_as, said->at, said->size);
	}
	kept->bytes = NULL;
	kept->size = 0;
}

static void miss(struct driver *driver, const struct said *said)
{
	struct kept *kept = &driver->kept[said->side];
	const struct dissector *dissector = driver->dissection.dissector;
	uint64_t missing = said->missing, skip = kept->skip < missing ? kept->skip : missing;
	kept->skip -= skip;
	missing -= skip;
	if (!missing || kept->lost)
		return;
	kept->size = 0;
	enum side seen_as = driver->swapped ? OTHER_SIDE(said->side) : said->side;
	if (!driver->named || !dissector->gap || !dissector->gap(&driver->dissection, seen_as, missing))
		kept->lost = true;
}

static void say(struct driver *driver, const struct said *said, const struct cut *cut, size_t turn)
{
	if (said->missing) {
		miss(driver, said);
	} else if (driver->dissection.transport == TRANSPORT_UDP) {
		add_datagram(driver, said);
	} else if (cut->bytewise) {
		for (size_t i = 0; i < said->size; i++)
			add(driver, said->side, (const uint8_t *)said->at + i, 1);
	} else if (cut->at && cut->turn == turn) {
		add(driver, said->side, said->at, cut->at);
		add(driver, said->side, (const uint8_t *)said->at + cut->at, said->size - cut->at);
	} else {
		add(driver, said->side, said->at, said->size);
	}
}

static void finish(struct driver *driver)
{
	const struct dissector *dissector = driver->dissection.dissector;
	for (unsigned i = 0; i < 2 && driver->named && dissector->finished; i++)
		if (driver->dissection.transport == TRANSPORT_TCP && !driver->conversation->unfinished)
			dissector->finished(&driver->dissection, (enum side)i);
}

void driver_run(const struct conversation *conversation, driver_show show, const struct cut *cut, struct builder *to)
{
	struct driver *driver = calloc(1, sizeof *driver);
	MUST(driver);
	enum transport transport = conversation->transport ? conversation->transport : TRANSPORT_TCP;
	driver->conversation = conversation;
	driver->show = show;
	driver->to = to;
	driver->listener = (struct listener){ driver, on_facts, on_anomaly };
	driver->flow = (struct flow){ .id = 1, .ip_version = 4, .ip_protocol = transport == TRANSPORT_TCP ? 6 : 17 };
	address_parse(TEXT("192.0.2.1"), &driver->flow.ends[SIDE_CLIENT].address);
	address_parse(TEXT("198.51.100.2"), &driver->flow.ends[SIDE_SERVER].address);
	driver->flow.ends[SIDE_CLIENT].port = 40000;
	driver->flow.ends[SIDE_SERVER].port = conversation->port ? conversation->port : 4242;
	driver->dissection = (struct dissection){ .flow = &driver->flow,
		.transport = transport,
		.listener = &driver->listener,
		.time = 1700000000 * SECOND };
	if (conversation->dissector)
		begin(driver, conversation->dissector);
	for (size_t i = 0; i < conversation->count; i++)
		say(driver, &conversation->said[i], cut, i);
	finish(driver);
	end(driver);
	free(driver->kept[0].bytes);
	free(driver->kept[1].bytes);
	free(driver);
}
