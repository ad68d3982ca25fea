/*
 * What the files of the SMB dissector share (smb2.h): requests that wait, shares and open files of a flow.
 *
 *   smb2.c           frames and message headers
 *   smb2_exchange.c  a request and its answer, and what they change
 *   smb2_message.c   the facts of both, from their bytes
 *   smb2_table.c     the tables
 */
#ifndef NOROSHI_NET_SMB2_INNER_H
#define NOROSHI_NET_SMB2_INNER_H

#include "net/smb2.h"

#define SMB2_HEADER 64            /* bytes */
#define SMB_BODY_KEPT (16u << 10) /* bytes of a message's body that are looked at */
#define SMB_DATA_KEPT 1024u       /* the same of a read or write */

struct smb2_header {
	uint16_t command;
	uint32_t status, flags, next;
	uint64_t message, session;
	uint32_t tree;
};
enum { SMB2_FLAG_RESPONSE = 1, SMB2_FLAG_ASYNC = 2, SMB2_FLAG_RELATED = 4 };

/* A request that waits for its answer. */
struct smb_request {
	struct smb_request *next;
	unsigned version;
	struct smb2_header header;
	uint64_t chain;        /* message id of the first of its compound */
	bool handled, related; /* `handle` is set; it is to be the one that its compound opens */
	uint8_t handle[16];
	size_t size;    /* bytes of `body` */
	uint8_t body[]; /* behind the header */
};

struct smb_tree {
	uint64_t session;
	uint32_t tree;
	uint8_t type;
	char *share;
	size_t share_size;
};

/* Open, or used without its opening having been seen. */
struct smb_open {
	struct smb_open *next;
	uint8_t handle[16];
	uint64_t session;
	uint32_t tree;
	char *name;
	size_t name_size;
	uint64_t moved[2]; /* bytes read, written */
	struct dcerpc *pipe;
};

struct smb_side {
	uint32_t left; /* of a frame */
	bool lost;     /* where frames begin */
	uint64_t chain;
	struct smb2_header before; /* of the same compound */
};

struct smb_state {
	struct smb_side sides[2];
	uint64_t count;
	uint16_t dialect;
	bool encrypted, compressed;
	uint64_t encrypted_session; /* told last */
	struct smb_request *waiting, **last;
	unsigned waiting_count;
	size_t kept;
	struct smb_tree trees[SMB_TREES];
	unsigned tree_next;
	struct smb_open *opens;
	unsigned open_count;
	struct builder names[3]; /* of the message that is told */
};

/* ── smb2_table.c ─ */

/* Keeps a request; NULL without memory. */
struct smb_request *smb_request_add(
    struct smb_state *state, unsigned version, const struct smb2_header *header, uint64_t chain, struct cursor body);
/* Takes it out of those that wait; the caller frees it. NULL: none has this id. */
struct smb_request *smb_request_take(struct smb_state *state, uint64_t message);
/* The oldest, when there are too many or they keep too much; `all`: while there is one. */
struct smb_request *smb_request_surplus(struct smb_state *state, bool all);

const struct smb_tree *smb_tree_find(const struct smb_state *state, uint64_t session, uint32_t tree);
void smb_tree_keep(struct smb_state *state, uint64_t session, uint32_t tree, uint8_t type, struct text share);

struct smb_open *smb_open_find(struct smb_state *state, const uint8_t handle[static 16]);
struct smb_open *smb_open_add(struct smb_state *state, const uint8_t handle[static 16]); /* NULL without memory */
/* Takes it out of the table; the caller tells of it and frees it. */
struct smb_open *smb_open_take(struct smb_state *state, const uint8_t handle[static 16]);
struct smb_open *smb_open_surplus(struct smb_state *state, bool all);
void smb_open_name(struct smb_open *open, struct text name);
void smb_open_free(struct smb_open *open);
void smb_tables_free(struct smb_state *state);

/* ── smb2_message.c ─ */

/* Where the handle of a command's request stands in its body; 0 = it has none. */
size_t smb2_handle_at(uint16_t command);
/* The facts of a request (NULL: not seen) and its answer (an empty body: there is none). Names are in state->names;
 * message->sign_on is the caller's to free. */
void smb2_message_read(struct smb_state *state, const struct smb_request *request, unsigned answered_version,
    struct cursor answer, struct smb_message *message);
/* What a read or write carries, or a transaction of a pipe: where there is a PDU. `side`: who sent it. */
struct cursor smb2_data(uint16_t command, enum side side, struct cursor body);

/* ── smb2_exchange.c ─ */

void smb2_take_request(
    struct dissection *dissection, unsigned version, const struct smb2_header *header, struct cursor body);
void smb2_take_answer(
    struct dissection *dissection, unsigned version, const struct smb2_header *header, struct cursor body);
void smb2_tell(struct dissection *dissection, enum side side, struct smb_message *message);
void smb2_stop(struct dissection *dissection);

#endif
