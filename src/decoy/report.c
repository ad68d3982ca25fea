/*
 * Messages between the processes of the decoy; see report.h.
 */
#include "decoy/report.h"

void report_encode(const struct report *report, struct builder *to)
{
	put_u8(to, report->service);
	put_bytes(to, report->source.bytes, sizeof report->source.bytes);
	put_u16(to, report->port);
	put_u64(to, report->datagram);
	put_i64(to, report->begun);
	put_i64(to, report->ended);
	put_u8(to, (uint8_t)report->end);
	put_u32(to, report->received);
	put_u32(to, report->sent);
	put_u32(to, report->left_out);
	put_u64(to, report->refused);
	put_text(to, report->facts);
	put_text(to, report->payload);
	put_text(to, report->answer);
}

bool report_fact(struct reader *facts, struct fact_text *fact)
{
	if (facts->failed || reader_done(facts))
		return false;
	uint8_t kind = get_u8(facts);
	fact->kind = kind;
	fact->first = get_text(facts);
	fact->second = kind == FACT_CREDENTIAL || kind == FACT_HEADER ? get_text(facts) : TEXT_NONE;
	facts->failed |= kind == 0 || kind > FACT_LAST;
	return !facts->failed;
}

static bool facts_fit(struct text facts)
{
	struct reader from = reader_of(facts.at, facts.size);
	struct fact_text fact;
	while (report_fact(&from, &fact))
		if (fact.first.size > FACT_LONGEST || fact.second.size > FACT_LONGEST)
			return false;
	return !from.failed && facts.size <= FACTS_MOST;
}

bool report_decode(struct text message, struct report *report)
{
	struct reader from = reader_of(message.at, message.size);
	*report = (struct report){ .service = get_u8(&from) };
	const void *source = get_bytes(&from, sizeof report->source.bytes);
	if (source)
		memcpy(report->source.bytes, source, sizeof report->source.bytes);
	report->port = get_u16(&from);
	report->datagram = get_u64(&from);
	report->begun = get_i64(&from);
	report->ended = get_i64(&from);
	uint8_t end = get_u8(&from);
	report->end = end;
	report->received = get_u32(&from);
	report->sent = get_u32(&from);
	report->left_out = get_u32(&from);
	report->refused = get_u64(&from);
	report->facts = get_text(&from);
	report->payload = get_text(&from);
	report->answer = get_text(&from);
	return reader_done(&from) && end <= SESSION_STOPPED && facts_fit(report->facts);
}

void datagram_encode(const struct datagram *datagram, struct builder *to)
{
	put_u64(to, datagram->id);
	put_u8(to, datagram->service);
	put_text(to, datagram->bytes);
}

bool datagram_decode(struct text message, struct datagram *datagram)
{
	struct reader from = reader_of(message.at, message.size);
	*datagram = (struct datagram){ .id = get_u64(&from), .service = get_u8(&from) };
	datagram->bytes = get_text(&from);
	return reader_done(&from);
}
