/*
 * What the processes of a centre say to each other, over bus/channel.h. Every body is written and read with
 * base/codec.h in the order listed here. A body that does not fit its kind is dropped whole: who waits for its answer
 * gives up at its own limit of time; only MESSAGE_CALL is answered, with 400.
 *
 *   supervisor ↔ front, keeper, courier      front ↔ keeper      keeper ↔ courier
 *
 * An answer carries its question's correlation. `text` is u32 length and bytes; digests are SHA-256, 32 bytes; a
 * credential is u8 its kind and the digest of it.
 */
#ifndef NOROSHI_CENTER_MESSAGE_H
#define NOROSHI_CENTER_MESSAGE_H

#define MESSAGE_VERSION 4

enum message_kind {
	/* supervisor → child: u32 version; text name (path) and text content of the configuration file; then what the
	 * command line says instead: u8 ephemeral, text listen, text state folder, u32 count and texts: organisations
	 * to make; then, to a front that runs, text certificate and text key (PEM), else both empty. At the start, and
	 * again for a reload. */
	MESSAGE_CONFIGURATION = 1,
	/* child → supervisor: the configuration is in use. text address (front: where it listens; else empty), text
	 * facts (keeper of an ephemeral centre: JSON object with its tokens; else empty). */
	MESSAGE_READY = 2,
	/* child → supervisor: the configuration was refused; the old one stays in use. text words. */
	MESSAGE_REFUSED = 3,
	/* supervisor → child: finish what is under way and end. Empty body. */
	MESSAGE_STOP = 4,

	/* front → keeper: may who shows this append alerts now? credential; text client address. */
	MESSAGE_ADMIT = 16,
	/* u16 status (200, 401, 403, 503); u32 organisation; u32 sensor; u8 it watches many organisations (then
	 * MESSAGE_TERRITORY came before); u8 it is a telescope; u64 quota in thousandths of an alert a second (0 = the
	 * configured default); u64 version and text of the organisation's capture policy (capture_policy_write()); text
	 * words when the status is not 200. */
	MESSAGE_ADMITTED = 17,
	/* front → keeper: one part of a batch. credential; u64 epoch high, low; u64 sequence first, end of this part;
	 * i64 received; u32 lines, alerts, records, skipped, malformed in this part; u8 last part; what the
	 * sensor says of itself (model/heard.h): u8 counted, u64 packets, drops, u32 sampling, u8 agent, i64 clock, u64
	 * content; u32 bytes of its alerts, these with alert_encode(), then its records in the same way to the end.
	 * Each part is answered. */
	MESSAGE_INGEST = 18,
	/* u16 status (200, 403, 503); u8 repeated; u32 lines, alerts, records, skipped, malformed in this part (as
	 * stored at the first time when repeated); text words. Sent after the part is durable. */
	MESSAGE_INGESTED = 19,
	/* front → keeper: so much of what this sensor sent was forbidden by the capture policy, and dropped. u8 kind
	 * and digest of its credential; u64 fields. Not answered. */
	MESSAGE_DROPPED = 20,
	/* keeper → front: whose addresses are whose, and what their owners' capture policies are. u32 count, and of
	 * each organisation u32 its number, text policy; u32 count, and of each space u32 organisation, its prefix (16
	 * bytes of address, u8 length; 0 = a domain), i64 from, i64 to (0 = still). */
	MESSAGE_TERRITORY = 21,

	/* front → keeper: a request, checked against its route. text route name; digest session; digest token; digest
	 * form token; digest certificate (zeros when absent); text name and text password (RFC 7617; empty when
	 * absent); u64 If-Match; text Idempotency-Key; text language; text client address; then its fields
	 * (fields_encode() of http/fields.h). */
	MESSAGE_CALL = 32,
	/* u16 status; u64 version (ETag); text location; u8 cookie (0 leave, 1 set, 2 remove); text cookie; u32 its age
	 * in seconds; u32 Retry-After in seconds (0 = none); text problem (words for RFC 9457, when status ≥ 400); text
	 * output (JSON object, may be empty); text type and text body of an answer that is neither JSON nor a page
	 * (both empty otherwise); of an endpoint of TAXII text list, text first and text last date added. */
	MESSAGE_ANSWER = 33,
	/* keeper → front: something that people may be looking at changed. u32 organisation; text noun; text id. */
	MESSAGE_CHANGED = 34,
	/* front → keeper: where people reach the pages, and machines their door. text address; text machines' address
	 * (empty: there is no such door). */
	MESSAGE_ADDRESS = 35,
	/* keeper → front, every few seconds: text counters as OpenMetrics. */
	MESSAGE_COUNTERS = 36,
	/* keeper → front: whose certificates are taken from machines. text authorities (PEM). */
	MESSAGE_AUTHORITIES = 37,

	/* keeper → front: a change of what is shared in a community, for every machine that follows it. u32 community;
	 * text lines (match/indicator_recent.h). */
	MESSAGE_SHARED = 44,
	/* keeper → front: who may follow what may have changed: all machines come again. Empty body. */
	MESSAGE_RECHECK = 45,
	/* front → keeper: items of an import that a MESSAGE_CALL let in; courier → keeper: of a turn. uuid import; u8
	 * last; u64 objects read so far; u64 those of them that are none; text their failures in this part (members of
	 * a JSON list); u32 items; each as item_encode(), u32 values and the values as texts. Each part of the front's
	 * is answered, in order. */
	MESSAGE_PUSH = 40,
	/* u16 status (200, 404, 503); u8 finished; u64 objects, good, bad so far; text failures (JSON list); text words
	 * when the status is not 200. Sent when what it tells is durable. */
	MESSAGE_PUSHED = 41,

	/* keeper → courier: deliver one message of the outbox. u64 number; u32 tries so far; text topic; text body. */
	MESSAGE_DELIVER = 48,
	/* courier → keeper: what came of it. u64 number; u16 enum error (OK = done, ERROR_AGAIN = try later, else given
	 * up); text words of the far side. */
	MESSAGE_DELIVERED = 49,
	/* keeper → courier: a turn with a remote; turn_write() of center/turn.h. */
	MESSAGE_TURN = 50,
	/* courier → keeper: what came of it; turned_write(). When objects came with it, they follow as MESSAGE_PUSH
	 * with the same correlation. */
	MESSAGE_TURNED = 51,
};

/* Bytes of encoded alerts and records after which a batch goes on in a further MESSAGE_INGEST: for so long one
 * organisation holds up the keeper. */
#define MESSAGE_PART (1u << 20)

#endif
