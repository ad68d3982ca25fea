/*
 * The driver of dissectors (dissector_driver.h): the observer's own handling of streams, without packets.
 */
#include "dissector_driver.h"

#include "formats/eve_record.h"
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

/* Whatever NDEBUG says: fuzz targets drive dissectors too. */
#define MUST(condition) ((condition) ? (void)0 : abort())

struct driver {
	driver_show show;
	struct builder *to;
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
	build_format(driver->to, "%s anomaly %s\n", side_names[side], event);
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

/* Begins with this dissector, whatever it would have recognised. */
static void begin(struct stream *stream, const struct dissector *dissector)
{
	stream->dissection.dissector = dissector;
	stream->dissection.state = calloc(1, dissector->state_size ? dissector->state_size : 1);
	MUST(stream->dissection.state);
	stream->flow->protocol = (uint8_t)dissector->protocol;
	if (dissector->start)
		dissector->start(&stream->dissection);
}

/* As a copy of exactly its size, so that the address sanitizer sees what reads beyond. */
static void add(struct stream *stream, enum side first_side, const void *at, size_t size)
{
	enum side side = stream->turned ? OTHER_SIDE(first_side) : first_side;
	uint8_t *copy = malloc(size ? size : 1);
	MUST(copy);
	if (size)
		memcpy(copy, at, size);
	if (stream->dissection.transport == TRANSPORT_UDP)
		stream_datagram(stream, side, copy, (uint32_t)size);
	else if (size)
		stream_bytes(stream, side, copy, (uint32_t)size);
	free(copy);
}

static void say(struct stream *stream, const struct said *said, const struct cut *cut, size_t turn)
{
	const uint8_t *at = said->at;
	if (said->missing) {
		stream_gap(stream, stream->turned ? OTHER_SIDE(said->side) : said->side, said->missing);
	} else if (cut->bytewise && stream->dissection.transport == TRANSPORT_TCP) {
		for (size_t i = 0; i < said->size; i++)
			add(stream, said->side, at + i, 1);
	} else if (cut->at && cut->turn == turn && stream->dissection.transport == TRANSPORT_TCP) {
		add(stream, said->side, at, cut->at);
		add(stream, said->side, at + cut->at, said->size - cut->at);
	} else {
		add(stream, said->side, at, said->size);
	}
}

static struct flow flow_of(const struct conversation *conversation, enum transport transport)
{
	struct flow flow = { .id = 1, .ip_version = 4, .ip_protocol = transport == TRANSPORT_TCP ? 6 : 17 };
	address_parse(TEXT("192.0.2.1"), &flow.ends[SIDE_CLIENT].address);
	address_parse(TEXT("198.51.100.2"), &flow.ends[SIDE_SERVER].address);
	flow.ends[SIDE_CLIENT].port = 40000;
	flow.ends[SIDE_SERVER].port = conversation->port ? conversation->port : 4242;
	flow.first = flow.last = 1700000000 * SECOND;
	return flow;
}

void driver_run(const struct conversation *conversation, driver_show show, const struct cut *cut, struct builder *to)
{
	struct driver driver = { show, to };
	struct listener listener = { .context = &driver, .facts = on_facts, .anomaly = on_anomaly };
	struct stream_memory memory = { .most = 64u << 20, .waiting = 1u << 20 };
	enum transport transport = conversation->transport ? conversation->transport : TRANSPORT_TCP;
	struct flow flow = flow_of(conversation, transport);
	struct stream *stream = stream_new(&flow, transport, &listener, &memory);
	MUST(stream);
	if (conversation->dissector)
		begin(stream, conversation->dissector);
	for (size_t i = 0; i < conversation->count; i++)
		say(stream, &conversation->said[i], cut, i);
	stream_finish(stream);
	MUST(memory.used == 0);
}
