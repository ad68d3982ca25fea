/*
 * The content of packets on its way to the dissector of their flow; see observer.h. A stream is made when the first
 * byte of content comes: a scan costs none.
 */
#include "net/observer_inner.h"

/* A reset must be near the byte that comes next, or it was made up by somebody who does not see the connection. */
#define RESET_WINDOW (1 << 20)

#define MOST_DATAGRAMS 8 /* of UDP: what is not known by then is none of ours */

/* A side of a stream as the reassembly sees it: the side as it was at first, whatever the roles become meanwhile. */
struct route {
	const struct observer *observer;
	struct stream *stream;
	unsigned original;
};

static enum side role_of(const struct route *route)
{
	return (enum side)(route->original ^ route->stream->turned);
}

/* Signatures that look at payload want all of it. */
static bool is_over(const struct observer *observer, const struct stream *stream)
{
	return stream->over && !observer->settings.payload;
}

/* The reassembly stops when nobody wants more of this flow. */
static void note_over(const struct route *route)
{
	if (is_over(route->observer, route->stream))
		route->stream->tcp[0].over = route->stream->tcp[1].over = true;
}

static void take_bytes(void *context, const uint8_t *bytes, uint32_t size)
{
	const struct route *route = context;
	const struct observer_settings *settings = &route->observer->settings;

	uint64_t offset = route->stream->tcp[route->original].offset;
	stream_bytes(route->stream, role_of(route), bytes, size);
	if (settings->payload)
		settings->payload(settings->context, route->stream->flow, role_of(route),
		    route->stream->dissection.time, offset, bytes, size);
	note_over(route);
}

static void take_gap(void *context, uint64_t missing)
{
	const struct route *route = context;

	stream_gap(route->stream, role_of(route), missing);
	note_over(route);
}

static void take_end(void *context)
{
	const struct route *route = context;

	stream_end(route->stream, role_of(route));
}

static struct tcp_taker taker_of(struct route *route)
{
	return (struct tcp_taker){ route, take_bytes, take_gap, take_end };
}

static struct route route_of(const struct observer *observer, struct stream *stream, enum side side)
{
	return (struct route){ observer, stream, side ^ stream->turned };
}

/* ── TCP ─ */

static struct stream *begin_tcp(struct observer *observer, struct flow_entry *entry)
{
	uint32_t first_byte[2] = { entry->first_byte[0], entry->first_byte[1] };
	struct stream *stream =
	    stream_new(&entry->flow, TRANSPORT_TCP, &observer->settings.listener, &observer->memory);

	if (!stream) {
		entry->flow.content = CONTENT_DONE;
		return NULL;
	}
	for (int i = 0; i < 2; i++)
		if (entry->flow.tcp_flags[i] & TCP_SYN)
			tcp_side_syn(&stream->tcp[i], first_byte[i]);
	entry->stream = stream;
	entry->flow.content = CONTENT_STREAM;
	return stream;
}

/* What is left of the content, and then no more. */
static void end_tcp(const struct observer *observer, struct stream *stream)
{
	for (unsigned original = 0; original < 2; original++) {
		struct route route = { observer, stream, original };
		struct tcp_taker taker = taker_of(&route);
		tcp_side_finish(&stream->tcp[original], stream->memory, &taker);
	}
}

void observe_end(struct observer *observer, struct flow_entry *entry)
{
	struct stream *stream = entry->stream;

	entry->flow.content = CONTENT_DONE;
	if (observer->silent) {
		stream_free(stream);
		return;
	}
	if (stream->dissection.transport == TRANSPORT_TCP)
		end_tcp(observer, stream);
	stream_finish(stream);
}

static bool reset_is_near(const struct tcp_side *side, const struct packet *packet)
{
	int32_t ahead = (int32_t)(packet->sequence - side->next);

	return !side->begun || (ahead >= -RESET_WINDOW && ahead <= RESET_WINDOW);
}

static void take_segment(struct observer *observer, struct stream *stream, struct packet *packet, enum side side)
{
	struct route route = route_of(observer, stream, side), other = route_of(observer, stream, OTHER_SIDE(side));
	struct tcp_taker taker = taker_of(&route), other_taker = taker_of(&other);
	uint32_t first = packet->sequence + (packet->tcp_flags & TCP_SYN ? 1 : 0);
	uint32_t size = packet->damaged ? 0 : packet->size;
	uint32_t not_captured = packet->damaged ? 0 : packet->not_captured;
	struct tcp_side *tcp = &stream->tcp[route.original];

	if (packet->tcp_flags & TCP_SYN)
		tcp_side_syn(tcp, first);
	if (packet->tcp_flags & TCP_ACK)
		tcp_side_acknowledged(
		    &stream->tcp[other.original], stream->memory, &other_taker, packet->acknowledgement);
	if (size > 0 || not_captured > 0) {
		const char *event =
		    tcp_side_segment(tcp, stream->memory, &taker, first, packet->at, size, not_captured);
		if (event) {
			observer->counts.stream_different++;
			packet_event(packet, event);
		}
	}
	if (packet->tcp_flags & TCP_FIN)
		tcp_side_fin(tcp, &taker, first + size + not_captured);
}

bool observe_tcp(struct observer *observer, struct flow_entry *entry, struct packet *packet, enum side side)
{
	bool content = packet->size > 0 && !packet->damaged && !(packet->tcp_flags & TCP_RST);

	if (entry->flow.content == CONTENT_NONE) {
		if (packet->tcp_flags & TCP_SYN)
			entry->first_byte[side] = packet->sequence + 1;
		if (!content || !begin_tcp(observer, entry))
			return false;
	}
	struct stream *stream = entry->stream;
	stream->dissection.time = observer->frame->time;
	if (packet->tcp_flags & TCP_RST) {
		if (!reset_is_near(stream_tcp(stream, side), packet)) {
			packet_event(packet, "stream.suspected_rst_inject");
			return true;
		}
		observe_end(observer, entry);
		return false;
	}
	take_segment(observer, stream, packet, side);
	if (is_over(observer, stream) || (stream->tcp[0].over && stream->tcp[1].over))
		observe_end(observer, entry);
	return false;
}

/* ── UDP ─ */

/* The stream of a flow of datagrams, when one of its protocols may be known; NULL: nobody dissects it. */
static struct stream *begin_udp(struct observer *observer, struct flow_entry *entry, const struct packet *packet)
{
	struct flow *flow = &entry->flow;

	if (flow->content == CONTENT_NONE && !stream_knows_datagram(packet->at, packet->size)) {
		if (flow->packets[0] + flow->packets[1] >= MOST_DATAGRAMS)
			flow->content = CONTENT_DONE;
		return NULL;
	}
	if (flow->content == CONTENT_NONE) {
		entry->stream = stream_new(flow, TRANSPORT_UDP, &observer->settings.listener, &observer->memory);
		flow->content = entry->stream ? CONTENT_STREAM : CONTENT_DONE;
	}
	return flow->content == CONTENT_DONE ? NULL : entry->stream;
}

void observe_udp(struct observer *observer, struct flow_entry *entry, struct packet *packet, enum side side)
{
	const struct observer_settings *settings = &observer->settings;

	if (packet->damaged || packet->size == 0)
		return;
	struct stream *stream = begin_udp(observer, entry, packet);
	if (stream) {
		struct route route = route_of(observer, stream, side);
		stream->dissection.time = observer->frame->time;
		stream_datagram(stream, side, packet->at, packet->size);
		side = role_of(&route);
	}
	if (settings->payload)
		settings->payload(
		    settings->context, &entry->flow, side, observer->frame->time, 0, packet->at, packet->size);
	if (stream && stream->over)
		observe_end(observer, entry);
}
