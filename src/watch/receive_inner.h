/*
 * What the files of the receiver share; see receive.h.
 *
 *   receive.c         the process: its loop, its beginning and its end
 *   receive_stream.c  TCP and TLS connections
 *   receive_tls.c     TLS: our certificate, senders' certificates
 *   receive_files.c   log files, and whether somebody empties them
 *   receive_take.c    a message: detectors, records
 */
#ifndef NOROSHI_WATCH_RECEIVE_INNER_H
#define NOROSHI_WATCH_RECEIVE_INNER_H

#include "base/loop.h"
#include "formats/capture.h"
#include "formats/syslog_frame.h"
#include "watch/agent.h"
#include "watch/auth_feed.h"
#include "watch/behaviour_table.h"
#include "watch/receive.h"
#include "watch/received.h"
#include "watch/udp_socket.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

/* Of one source, since the process began. */
struct receive_counts {
	uint64_t messages, bytes, malformed, facts, records;
	uint64_t decoded;     /* messages that were no UTF-8 */
	uint64_t cut;         /* longer than `longest` */
	uint64_t broken;      /* connections that ended within a message */
	uint64_t dropped;     /* UDP: by the kernel, its buffer was full */
	uint64_t too_many;    /* UDP: beyond `rate`, dropped; TCP, TLS: times that a connection had to wait */
	uint64_t refused;     /* datagrams and connections of those who may not send */
	uint64_t crowded;     /* connections beyond `connections` and `connections_each` */
	uint64_t handshakes;  /* TLS: that failed */
	uint64_t connections; /* accepted */
};

struct connection;

/* A source at work. */
struct receiving {
	struct receive *receive;
	const struct receive_source *source;
	struct syslog_reader *reader;
	struct received_kind *records; /* or content; NULL = only alerts are kept */
	struct receive_counts counts;
	struct udp_socket udp;
	int listener; /* TCP, TLS; -1 = none */
	struct watch *watch;
	SSL_CTX *tls;
	struct connection *connections;
	uint32_t connection_count;
	struct behaviour_table *rates; /* sender → this second's messages */
	struct agent *files;           /* reads log files; NULL = none */
	struct agent_settings files_settings;
	struct emptied *emptied; /* files that are watched (receive_files.c) */
	size_t emptied_count;
};

struct receive {
	const struct receive_settings *settings;
	struct loop *loop;
	struct received *received;
	struct received_kind *alerts;
	struct auth_settings auth;
	struct auth_feed feed;
	struct capture_reducer *reducer;
	struct capture_counts withheld;
	struct receiving *items;
	size_t count;
	struct builder line;
	uint64_t findings, full_times;
	bool full, ending;
	bool write_failed; /* said already */
	uint64_t reported; /* hash of what was */
	nanoseconds ends;  /* monotonic: not later than this */
};

/* Where a message came from. */
struct receive_from {
	struct address sender;
	struct text peer;
	uint64_t stream;
};
void receive_message(struct receiving *receiving, struct text bytes, const struct receive_from *from);
void receive_finding(void *receive, const struct auth_finding *finding);
bool receive_allowed(const struct receiving *receiving, struct address sender);
/* Counts a message of this sender; false = it is beyond its rate, in this second. */
bool receive_rate(struct receiving *receiving, struct address sender);

enum error receive_streams_open(struct receiving *receiving, struct failure *failure);
void receive_streams_tick(struct receiving *receiving, nanoseconds now); /* each second */
void receive_streams_want(struct receiving *receiving, bool reading);    /* nothing is read while the disk is full */
void receive_streams_end(struct receiving *receiving);                   /* no new ones; senders are told */
void receive_streams_close(struct receiving *receiving);

enum error receive_tls_open(struct receiving *receiving, struct failure *failure);
/* Whether the sender showed a certificate that the source takes; `peer` gets its name. True where none is asked for. */
bool receive_tls_peer(const struct receive_source *source, const SSL *ssl, char *peer, size_t size);

enum error receive_files_open(struct receiving *receiving, struct failure *failure);
void receive_files_tick(struct receiving *receiving, nanoseconds now);
void receive_files_close(struct receiving *receiving);

#endif
