/*
 * SMB 2 and 3 on TCP ([MS-SMB2]; on port 139 in sessions of NetBIOS, RFC 1002, 4.3), and of SMB 1 the negotiation that
 * leads there ([MS-CIFS] 2.2.4.52): one fact is a request with its answer, in the order of the answers. What had no
 * answer is told when the flow is over.
 *
 * Answers are found by their message id, whatever their order and however many credits a request took; an interim
 * answer (STATUS_PENDING) is passed over. Requests of one message (compounded) refer to each other's file. Reads and
 * writes are no facts of their own: their bytes are added up for each open file and told when it is closed. Contents of
 * files are never kept. Sessions that are encrypted or messages that are compressed are told once each; nothing else of
 * them is seen.
 *
 * Memory of one flow: SMB_WAITING requests with at most SMB_KEPT bytes, SMB_TREES, SMB_FILES; what was heard of longest
 * ago goes first, and is told.
 */
#ifndef NOROSHI_NET_SMB2_H
#define NOROSHI_NET_SMB2_H

#include "net/cursor.h"
#include "net/dcerpc.h"
#include "net/dissector.h"
#include "net/sign_on.h"

#define SMB_WAITING 256
#define SMB_KEPT (128u << 10)
#define SMB_TREES 32
#define SMB_FILES 128
#define SMB_NAME_LARGEST 1024u /* bytes of UTF-8 that are kept of a name */

/* [MS-SMB2] 2.2.1 */
enum smb2_command {
	SMB2_NEGOTIATE,
	SMB2_SESSION_SETUP,
	SMB2_LOGOFF,
	SMB2_TREE_CONNECT,
	SMB2_TREE_DISCONNECT,
	SMB2_CREATE,
	SMB2_CLOSE,
	SMB2_FLUSH,
	SMB2_READ,
	SMB2_WRITE,
	SMB2_LOCK,
	SMB2_IOCTL,
	SMB2_CANCEL,
	SMB2_ECHO,
	SMB2_QUERY_DIRECTORY,
	SMB2_CHANGE_NOTIFY,
	SMB2_QUERY_INFO,
	SMB2_SET_INFO,
	SMB2_OPLOCK_BREAK,
	SMB2_COMMANDS
};

enum smb_kind {
	SMB_COMMAND,   /* nothing but command and status */
	SMB_ENCRYPTED, /* the first encrypted message of a session */
	SMB_COMPRESSED,
	SMB_NEGOTIATION,
	SMB_SIGN_ON,
	SMB_TREE,     /* a share was connected to */
	SMB_FILE,     /* a file was opened, made, or asked for */
	SMB_TRANSFER, /* what was read from a file, or written to it */
	SMB_RENAME,
	SMB_DELETION,
	SMB_CONTROL, /* FSCTL */
	SMB_RPC,
};

enum { SMB_SHARE_FILE = 1, SMB_SHARE_PIPE = 2, SMB_SHARE_PRINT = 3 };

struct smb_message {
	uint64_t tx_id; /* of the flow, from 0 */
	enum smb_kind kind;
	unsigned version; /* 1 or 2, of the request */
	uint16_t command;
	bool asked, answered;
	uint32_t status;          /* NTSTATUS, when answered */
	uint16_t dialect;         /* agreed on; 0 = not known */
	struct text dialect_text; /* SMB 1's, of a negotiation */
	uint64_t session;
	uint32_t tree;
	/* SMB_NEGOTIATION: numbers of two bytes each (least significant first), or SMB 1's texts: smb_dialect_next() */
	struct cursor dialects;
	const uint8_t *client, *server; /* GUIDs of 16 bytes, as sent; NULL = not seen */
	uint32_t read_largest, write_largest;
	struct sign_on sign_on; /* SMB_SIGN_ON */
	struct text share;      /* SMB_TREE, and of a file that is known */
	uint8_t share_type;
	struct text file, to; /* without the share; the new name of SMB_RENAME */
	bool directory, deleted_on_close;
	uint32_t disposition;
	const uint8_t *handle;                        /* 16 bytes; NULL = not known */
	uint64_t created, accessed, written, changed; /* 100 ns since 1601 */
	uint64_t size;                                /* of the file; of SMB_TRANSFER what was moved, in bytes */
	uint32_t control;                             /* FSCTL */
	const struct dcerpc_call *call;               /* SMB_RPC */
};

/* One of `client`'s dialects: a number (and an empty text), or SMB 1's text. Pass the cursor by a copy. */
bool smb_dialect_next(const struct smb_message *message, struct cursor *dialects, uint16_t *number, struct text *text);

/* "SMB2_COMMAND_CREATE", "3.11", "STATUS_ACCESS_DENIED", "FSCTL_PIPE_TRANSCEIVE", as Suricata names them; NULL when it
 * has no name here. (smb2_names.c) */
const char *smb_command_name(const struct smb_message *message);
const char *smb_dialect_name(uint16_t dialect);
const char *smb_status_name(uint32_t status);
const char *smb_control_name(uint32_t control);

extern const struct dissector dissector_smb;

#endif
