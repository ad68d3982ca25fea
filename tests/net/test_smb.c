/*
 * SMB: negotiation, who signs on, shares, files, pipes, what is moved; in compounds, late, out of order, encrypted,
 * with holes.
 */
#include "dissector_driver.h"

#include "net/smb2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ── messages ─ */

#define ANSWER 1u
#define ASYNC 2u
#define RELATED 4u
#define PENDING 0x103u
#define DENIED 0xc0000022u

/* What both sides say, built up: frames of messages. */
static struct talk {
	struct builder bytes[64];
	struct said said[64];
	size_t count;
	size_t frame, message; /* where the newest begin in their bytes */
} talk;

static struct builder *now(void)
{
	return &talk.bytes[talk.count - 1];
}

static void put(const void *bytes, size_t size)
{
	build_text(now(), (struct text){ bytes, size });
}
#define PUT(literal) put((literal), sizeof(literal) - 1)

static void number(uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		build_char(now(), (char)(value >> 8 * i));
}

static void wide(const char *text)
{
	for (; *text; text++)
		number((uint8_t)*text, 2);
}

static void frame(enum side side)
{
	assert_true(talk.count < 64);
	talk.said[talk.count++].side = side;
	PUT("\0\0\0\0");
}

/* Sizes of what stands in front. */
static void done(void)
{
	size_t size = now()->size - 4;
	now()->at[2] = (char)(size >> 8);
	now()->at[3] = (char)size;
}

/* A message in the newest frame. */
static void message(unsigned command, uint64_t id, unsigned flags, uint32_t status)
{
	talk.message = now()->size;
	PUT("\xfeSMB");
	number(64, 2);
	number(3, 2); /* credits that it takes */
	number(status, 4);
	number(command, 2);
	number(31, 2);
	number(flags, 4);
	number(0, 4);
	number(id, 8);
	number(0, 4);
	number(command == SMB2_TREE_CONNECT && !(flags & ANSWER) ? 0 : 5, 4);
	number(command == SMB2_NEGOTIATE ? 0 : 0x1234, 8);
	number(0, 8);
	number(0, 8);
}

/* The next message of the same frame begins here. */
static void next(void)
{
	while ((now()->size - talk.message) % 8)
		number(0, 1);
	now()->at[talk.message + 20] = (char)(now()->size - talk.message);
}

static void alone(enum side side, unsigned command, uint64_t id, unsigned flags, uint32_t status)
{
	frame(side);
	message(command, id, flags, status);
}

static void handle(uint8_t one)
{
	for (unsigned i = 0; i < 16; i++)
		number(one, 1);
}

static void error_answer(unsigned command, uint64_t id, unsigned flags, uint32_t status)
{
	alone(SIDE_SERVER, command, id, flags | ANSWER, status);
	PUT("\x09\0\0\0\0\0\0\0\0");
	done();
}

static void tree(uint64_t id, const char *share, uint8_t type)
{
	alone(SIDE_CLIENT, SMB2_TREE_CONNECT, id, 0, 0);
	PUT("\x09\0\0\0\x48\0");
	number(2 * strlen(share), 2);
	wide(share);
	done();
	alone(SIDE_SERVER, SMB2_TREE_CONNECT, id, ANSWER, 0);
	PUT("\x10\0");
	number(type, 1);
	PUT("\0\0\0\0\0\0\0\0\0\0\0\0\0");
	done();
}

static void create_body(const char *name, unsigned disposition, unsigned options)
{
	PUT("\x39\0\0\0");
	for (unsigned i = 0; i < 8; i++)
		number(0, 4);
	number(disposition, 4);
	number(options, 4);
	number(64 + 56, 2);
	number(2 * strlen(name), 2);
	number(0, 8);
	wide(name);
}

static void created_body(uint8_t file, uint64_t size)
{
	PUT("\x59\0\0\0\1\0\0\0");
	for (unsigned i = 0; i < 4; i++)
		number((1700000000u + 11644473600u) * UINT64_C(10000000), 8);
	number(4096, 8);
	number(size, 8);
	number(0, 8);
	handle(file);
	number(0, 8);
}

static void create(uint64_t id, const char *name, uint8_t file)
{
	alone(SIDE_CLIENT, SMB2_CREATE, id, 0, 0);
	create_body(name, 1, 0);
	done();
	alone(SIDE_SERVER, SMB2_CREATE, id, ANSWER, 0);
	created_body(file, 7);
	done();
}

static void close_request(uint64_t id, unsigned flags, uint8_t file)
{
	message(SMB2_CLOSE, id, flags, 0);
	PUT("\x18\0\0\0\0\0\0\0");
	handle(file);
}

static void closed_answer(uint64_t id)
{
	message(SMB2_CLOSE, id, ANSWER, 0);
	PUT("\x3c\0");
	for (unsigned i = 0; i < 29; i++)
		number(0, 2);
}

static void close_file(uint64_t id, uint8_t file)
{
	frame(SIDE_CLIENT);
	close_request(id, 0, file);
	done();
	frame(SIDE_SERVER);
	closed_answer(id);
	done();
}

static void write_request(uint64_t id, uint8_t file, const void *data, size_t size)
{
	alone(SIDE_CLIENT, SMB2_WRITE, id, 0, 0);
	PUT("\x31\0\x70\0");
	number(size, 4);
	number(0, 8);
	handle(file);
	number(0, 8);
	number(0, 8);
	put(data, size);
	done();
}

static void written_answer(uint64_t id, uint32_t size)
{
	alone(SIDE_SERVER, SMB2_WRITE, id, ANSWER, 0);
	PUT("\x11\0\0\0");
	number(size, 4);
	number(0, 8);
	done();
}

static void read_request(uint64_t id, uint8_t file, uint32_t size)
{
	alone(SIDE_CLIENT, SMB2_READ, id, 0, 0);
	PUT("\x31\0\0\0");
	number(size, 4);
	number(0, 8);
	handle(file);
	for (unsigned i = 0; i < 17; i++)
		number(0, 1);
	done();
}

static void read_answer(uint64_t id, const void *data, size_t size)
{
	alone(SIDE_SERVER, SMB2_READ, id, ANSWER, 0);
	PUT("\x11\0\x50\0");
	number(size, 4);
	number(0, 8);
	put(data, size);
	done();
}

/* ── showing ─ */

/* One line: what most records have in common is left out. */
static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	struct builder record = { 0 };
	(void)side;
	driver_show_eve(&record, dissection, side, facts);
	struct text text = { record.at, record.size };
	ptrdiff_t command = text_find(text, TEXT("\"command\"")), tree = text_find(text, TEXT("\"session_id\""));
	assert_true(command > 0 && tree > command);
	build_text(to, (struct text){ text.at + command + 10, (size_t)(tree - command - 11) });
	text_cut(&text, '{');
	text = (struct text){ record.at + tree, record.size - (size_t)tree };
	text_cut(&text, ',');
	ptrdiff_t rest = text_find(text, TEXT(","));
	if (rest > 0)
		build_text(to, (struct text){ text.at + rest, text.size - (size_t)rest - 2 });
	builder_free(&record);
}

static void expect(driver_show how, const char *expected)
{
	for (size_t i = 0; i < talk.count; i++) {
		if (talk.said[i].missing)
			continue;
		talk.said[i].at = talk.bytes[i].at;
		talk.said[i].size = talk.bytes[i].size;
	}
	driver_expect(&(struct conversation){ .said = talk.said, .count = talk.count }, how, expected);
}

static int forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < talk.count; i++)
		builder_free(&talk.bytes[i]);
	memset(&talk, 0, sizeof talk);
	return 0;
}

#define OK_STATUS "\"status\":\"STATUS_SUCCESS\",\"status_code\":\"0x0\""

/* ── tests ─ */

static void negotiate_answer(uint64_t id, uint16_t dialect)
{
	alone(SIDE_SERVER, SMB2_NEGOTIATE, id, ANSWER, 0);
	PUT("\x41\0\1\0");
	number(dialect, 2);
	PUT("\0\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\0\0\0\0");
	number(1u << 20, 4);
	number(1u << 23, 4);
	number(1u << 22, 4);
	for (unsigned i = 0; i < 6; i++)
		number(0, 4);
	done();
}

static void test_smb_negotiation_of_version_1_leads_to_version_2(void **state)
{
	(void)state;
	frame(SIDE_CLIENT);
	PUT("\xffSMB\x72\0\0\0\0\x18\x53\xc8\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xfe\0\0\0\0\0\x22\0\2NT LM "
	    "0.12\0\2SMB "
	    "2.002\0\2SMB 2.???\0");
	done();
	negotiate_answer(0, 0x02ff);
	alone(SIDE_CLIENT, SMB2_NEGOTIATE, 1, 0, 0);
	PUT("\x24\0\2\0\1\0\0\0\x7f\0\0\0\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\0\0\0\0\0\0"
	    "\0\0\2\2\x11\3");
	done();
	negotiate_answer(1, 0x0311);
	expect(driver_show_eve,
	    "server {\"smb\":{\"id\":1,\"dialect\":\"2.??\",\"command\":\"SMB1_COMMAND_NEGOTIATE_PROTOCOL\"," OK_STATUS
	    ",\"session_id\":0,\"tree_id\":0,\"client_dialects\":[\"NT LM 0.12\",\"SMB 2.002\",\"SMB 2.???\"],"
	    "\"server_guid\":\"04030201-0605-0807-090a-0b0c0d0e0f10\",\"max_read_size\":8388608,\"max_write_size\":"
	    "4194304}}\n"
	    "server {\"smb\":{\"id\":2,\"dialect\":\"3.11\",\"command\":\"SMB2_COMMAND_NEGOTIATE_PROTOCOL\"," OK_STATUS
	    ",\"session_id\":0,\"tree_id\":5,\"client_dialects\":[\"2.02\",\"3.11\"],\"client_guid\":"
	    "\"a3a2a1a0-a5a4-a7a6-a8a9-aaabacadaeaf\",\"server_guid\":\"04030201-0605-0807-090a-0b0c0d0e0f10\","
	    "\"max_read_size\":8388608,\"max_write_size\":4194304}}\n");
}

static void sign_on(uint64_t id, const void *token, size_t size, uint32_t status)
{
	alone(SIDE_CLIENT, SMB2_SESSION_SETUP, id, 0, 0);
	PUT("\x19\0\0\1\1\0\0\0\0\0\0\0\x58\0");
	number(size, 2);
	number(0, 8);
	put(token, size);
	done();
	alone(SIDE_SERVER, SMB2_SESSION_SETUP, id, ANSWER, status);
	PUT("\x09\0\0\0\x48\0\0\0");
	done();
}

/* NTLM's third message within SPNEGO: KAISHA\taro at PC-7, of Windows 10.0 build 17763. */
#define NTLM                                                                                                           \
	"NTLMSSP\0\3\0\0\0\0\0\0\0\x48\0\0\0\0\0\0\0\x48\0\0\0\x0c\0\x0c\0\x48\0\0\0\x08\0\x08\0\x54\0\0\0\x08\0\x08"  \
	"\0\x5c\0\0\0\0\0\0\0\x64\0\0\0\1\0\0\2\x0a\0\x63\x45\0\0\0\x0f"                                               \
	"K\0A\0I\0S\0H\0A\0t\0a\0r\0o\0P\0C\0-\0"                                                                      \
	"7\0"
/* A ticket for cifs/files of EXAMPLE.ORG within SPNEGO (its secret parts are two bytes). */
#define KERBEROS                                                                                                       \
	"\x60\x64\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x5a\x30\x58\xa2\x56\x04\x54\x60\x52\x06\x09\x2a\x86\x48\x86"     \
	"\xf7\x12\x01\x02\x02\x01\x00\x6e\x43\x30\x41\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0e\xa3\x35\x61\x33\x30"     \
	"\x31\xa0\x03\x02\x01\x05\xa1\x0d\x1b\x0b"                                                                     \
	"EXAMPLE.ORG\xa2\x18\x30\x16\xa0\x03\x02\x01\x02\xa1\x0f\x30\x0d\x1b\x04"                                      \
	"cifs\x1b\x05"                                                                                                 \
	"files\xa3\x01\x00"

static void test_smb_who_signs_on_is_told(void **state)
{
	(void)state;
	sign_on(1, "\xa1\x6c\x30\x6a\xa2\x68\x04\x66" NTLM "\0", 110, 0xc000006d);
	sign_on(2, NTLM, sizeof NTLM - 1, 0);
	sign_on(3, KERBEROS, sizeof KERBEROS - 1, 0);
	sign_on(4, "NTLMSSP\0\3\0", 10, 0);
	expect(show, "server \"SMB2_COMMAND_SESSION_SETUP\",\"status\":\"STATUS_LOGON_FAILURE\",\"status_code\":"
		     "\"0xc000006d\",\"ntlmssp\":{\"domain\":\"KAISHA\",\"user\":\"taro\",\"host\":\"PC-7\","
		     "\"version\":\"10.0 build 17763 rev 15\"}\n"
		     "server \"SMB2_COMMAND_SESSION_SETUP\"," OK_STATUS ",\"ntlmssp\":{\"domain\":\"KAISHA\",\"user\":"
		     "\"taro\",\"host\":\"PC-7\",\"version\":\"10.0 build 17763 rev 15\"}\n"
		     "server \"SMB2_COMMAND_SESSION_SETUP\"," OK_STATUS ",\"kerberos\":{\"realm\":\"EXAMPLE.ORG\","
		     "\"snames\":[\"cifs\",\"files\"]}\n"
		     "server \"SMB2_COMMAND_SESSION_SETUP\"," OK_STATUS "\n");
}

#define TREE_RECORD                                                                                                    \
	"server \"SMB2_COMMAND_TREE_CONNECT\"," OK_STATUS ",\"share\":\"\\\\\\\\a\\\\b\",\"share_type\":\"FILE\"\n"
#define FILE_RECORD(name, fuid)                                                                                        \
	"server \"SMB2_COMMAND_CREATE\"," OK_STATUS ",\"filename\":\"" name                                            \
	"\",\"disposition\":\"FILE_OPEN\",\"access\":\"normal\",\"share\":\"\\\\\\\\a\\\\b\",\"created\":1700000000,"  \
	"\"accessed\":1700000000,\"modified\":1700000000,\"changed\":1700000000,\"size\":7,\"fuid\":\"" fuid "\"\n"
#define FUID7 "07070707-0707-0707-0707-070707070707"
#define OPEN_RECORD(command, name) "server \"SMB2_COMMAND_" command "\"," OK_STATUS ",\"filename\":\"" name "\","
#define OF_SHARE "\"share\":\"\\\\\\\\a\\\\b\",\"fuid\":\"" FUID7 "\""

static void test_smb_what_is_moved_is_told_when_a_file_is_closed(void **state)
{
	(void)state;
	tree(1, "\\\\a\\b", SMB_SHARE_FILE);
	create(2, "x.txt", 7);
	write_request(3, 7, "0123456789", 10);
	written_answer(3, 10);
	write_request(4, 7, "01234", 5);
	written_answer(4, 5);
	read_request(5, 7, 100);
	read_answer(5, "abc", 3);
	read_request(6, 7, 100);
	error_answer(SMB2_READ, 6, 0, 0xc0000011); /* the end of the file is no failure */
	read_request(7, 7, 100);
	error_answer(SMB2_READ, 7, 0, DENIED);
	close_file(8, 7);
	expect(show,
	    TREE_RECORD FILE_RECORD("x.txt",
		FUID7) "server \"SMB2_COMMAND_READ\",\"status\":\"STATUS_ACCESS_DENIED\",\"status_code\":"
		       "\"0xc0000022\",\"filename\":\"x.txt\"," OF_SHARE "\n" OPEN_RECORD("CLOSE", "x.txt") OF_SHARE
	    "\nserver \"SMB2_COMMAND_READ\",\"filename\":\"x.txt\"," OF_SHARE ",\"size\":3\n"
	    "server \"SMB2_COMMAND_WRITE\",\"filename\":\"x.txt\"," OF_SHARE ",\"size\":15\n");
}

static void test_smb_compounded_requests_are_about_the_file_that_they_open(void **state)
{
	(void)state;
	tree(1, "\\\\a\\b", SMB_SHARE_FILE);
	frame(SIDE_CLIENT);
	message(SMB2_CREATE, 2, 0, 0);
	create_body("dir\\y", 1, 0);
	next();
	message(SMB2_QUERY_INFO, 3, RELATED, 0);
	PUT("\x29\0\1\5\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	handle(255);
	next();
	close_request(4, RELATED, 255);
	done();
	frame(SIDE_SERVER);
	message(SMB2_CREATE, 2, ANSWER, 0);
	created_body(7, 7);
	next();
	message(SMB2_QUERY_INFO, 3, ANSWER, 0);
	PUT("\x09\0\x48\0\0\0\0\0");
	next();
	closed_answer(4);
	done();
	expect(show, TREE_RECORD FILE_RECORD("dir\\\\y", FUID7) OPEN_RECORD("GET_INFO", "dir\\\\y") OF_SHARE
	    "\n" OPEN_RECORD("CLOSE", "dir\\\\y") OF_SHARE "\n");
}

static void test_smb_answers_are_found_whatever_their_order(void **state)
{
	(void)state;
	tree(1, "\\\\a\\b", SMB_SHARE_FILE);
	alone(SIDE_CLIENT, SMB2_CREATE, 10, 0, 0);
	create_body("slow", 2, 1);
	done();
	alone(SIDE_CLIENT, SMB2_CREATE, 11, 0, 0);
	create_body("", 3, 0x1000);
	done();
	error_answer(SMB2_CREATE, 10, ASYNC, PENDING);
	error_answer(SMB2_CREATE, 11, 0, DENIED);
	alone(SIDE_CLIENT, SMB2_CANCEL, 10, ASYNC, 0); /* has the id of what it cancels */
	PUT("\4\0\0\0");
	done();
	error_answer(SMB2_CREATE, 10, ASYNC, 0xc0000120);
	alone(SIDE_CLIENT, SMB2_TREE_DISCONNECT, 13, 0, 0); /* never answered */
	PUT("\4\0\0\0");
	done();
	expect(show, TREE_RECORD
	    "server \"SMB2_COMMAND_CREATE\",\"status\":\"STATUS_ACCESS_DENIED\",\"status_code\":\"0xc0000022\","
	    "\"filename\":\"<share_root>\",\"disposition\":\"FILE_OPEN_IF\",\"access\":\"delete on close\","
	    "\"share\":\"\\\\\\\\a\\\\b\"\n"
	    "server \"SMB2_COMMAND_CREATE\",\"status\":\"STATUS_CANCELLED\",\"status_code\":\"0xc0000120\","
	    "\"directory\":\"slow\",\"disposition\":\"FILE_CREATE\",\"access\":\"normal\",\"share\":"
	    "\"\\\\\\\\a\\\\b\"\n"
	    "client \"SMB2_COMMAND_TREE_DISCONNECT\",\"share\":\"\\\\\\\\a\\\\b\"\n");
}

static void set_info(uint64_t id, uint8_t class, const void *info, size_t size)
{
	alone(SIDE_CLIENT, SMB2_SET_INFO, id, 0, 0);
	PUT("\x21\0\1");
	number(class, 1);
	number(size, 4);
	PUT("\x60\0\0\0\0\0\0\0");
	handle(7);
	put(info, size);
	done();
	alone(SIDE_SERVER, SMB2_SET_INFO, id, ANSWER, 0);
	PUT("\2\0");
	done();
}

static void test_smb_files_are_renamed_and_deleted(void **state)
{
	(void)state;
	tree(1, "\\\\a\\b", SMB_SHARE_FILE);
	create(2, "old", 7);
	set_info(3, 10, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0n\0e\0w\0", 26);
	set_info(4, 13, "\1", 1);
	set_info(5, 13, "\0", 1); /* it stays */
	expect(show,
	    TREE_RECORD FILE_RECORD("old", FUID7) "server \"SMB2_COMMAND_SET_INFO\"," OK_STATUS
						  ",\"rename\":{\"from\":\"old\",\"to\":\"new\"}," OF_SHARE
						  ",\"set_info\":{\"class\":\"FILE_INFO\",\"info_level\":"
						  "\"SMB2_FILE_RENAME_INFO\"}\n" OPEN_RECORD("SET_INFO", "old") OF_SHARE
	    ",\"set_info\":{\"class\":\"FILE_INFO\","
	    "\"info_level\":"
	    "\"SMB2_FILE_DISPOSITION_INFO\"}\n" OPEN_RECORD("SET_INFO", "old") OF_SHARE "\n");
}

/* SVCCTL 2.0 is bound, by the first of two; CreateServiceW is called. */
#define BIND                                                                                                           \
	"\5\0\x0b\3\x10\0\0\0\x74\0\0\0\2\0\0\0\xb8\x10\xb8\x10\0\0\0\0\2\0\0\0"                                       \
	"\0\0\1\0\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\0\x10\3\2\0\0\0"                                 \
	"\4\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\2\0\0\0"                                         \
	"\1\0\1\0\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\0\x10\3\2\0\0\0"                                 \
	"\x33\5\x71\x71\xba\xbe\x37\x49\x83\x19\xb5\xdb\xef\x9c\xcc\x36\1\0\0\0"
#define BIND_ACK                                                                                                       \
	"\5\0\x0c\3\x10\0\0\0\x5c\0\0\0\2\0\0\0\xb8\x10\xb8\x10\1\0\0\0\x0d\0\\PIPE\\ntsvcs\0"                         \
	"\0\2\0\0\0\0\0\0\0\4\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\2\0\0\0"                       \
	"\2\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define CALL "\5\0\0\3\x10\0\0\0\x1c\0\0\0\3\0\0\0\4\0\0\0\0\0\x0c\0args"
#define RESULT "\5\0\2\3\x10\0\0\0\x1a\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0ok"
#define FAULT "\5\0\3\3\x10\0\0\0\x18\0\0\0\4\0\0\0\2\0\0\0\0\0\0\0"

static void transceive(uint64_t id, enum side side, const void *data, size_t size)
{
	alone(side, SMB2_IOCTL, id, side == SIDE_SERVER ? ANSWER : 0, 0);
	number(side == SIDE_SERVER ? 49 : 57, 2);
	number(0, 2);
	number(0x0011c017, 4);
	handle(7);
	number(side == SIDE_SERVER ? 0 : 120, 4);
	number(side == SIDE_SERVER ? 0 : size, 4);
	if (side == SIDE_CLIENT)
		number(0, 4);
	number(side == SIDE_SERVER ? 112 : 0, 4);
	number(side == SIDE_SERVER ? size : 0, 4);
	number(0, 8);
	if (side == SIDE_CLIENT)
		number(0, 4);
	put(data, size);
	done();
}

#define PIPE_RECORD "\"filename\":\"svcctl\",\"share\":\"\\\\\\\\a\\\\IPC$\",\"fuid\":\"" FUID7 "\""
#define SVCCTL "\"uuid\":\"367abb81-9844-35f1-ad32-98f038001003\",\"version\":\"2.0\",\"service\":\"svcctl\""

static void bind_and_call(void)
{
	tree(1, "\\\\a\\IPC$", SMB_SHARE_PIPE);
	create(2, "svcctl", 7);
	write_request(3, 7, BIND, sizeof BIND - 1);
	written_answer(3, sizeof BIND - 1);
	read_request(4, 7, 1024);
	read_answer(4, BIND_ACK, sizeof BIND_ACK - 1);
	transceive(5, SIDE_CLIENT, CALL, sizeof CALL - 1);
	transceive(5, SIDE_SERVER, RESULT, sizeof RESULT - 1);
	transceive(6, SIDE_CLIENT, CALL, sizeof CALL - 1);
}

static void test_smb_calls_through_a_pipe_are_told(void **state)
{
	(void)state;
	bind_and_call();
	expect(show,
	    "server \"SMB2_COMMAND_TREE_CONNECT\"," OK_STATUS
	    ",\"named_pipe\":\"\\\\\\\\a\\\\IPC$\",\"share_type\":\"PIPE\"\n"
	    "server \"SMB2_COMMAND_CREATE\"," OK_STATUS
	    ",\"filename\":\"svcctl\",\"disposition\":\"FILE_OPEN\",\"access\":\"normal\",\"share\":\"\\\\\\\\a\\\\IPC$"
	    "\",\"created\":1700000000,\"accessed\":1700000000,\"modified\":1700000000,\"changed\":1700000000,\"size\":"
	    "7,"
	    "\"fuid\":\"" FUID7 "\"\n"
	    "server \"SMB2_COMMAND_READ\"," OK_STATUS "," PIPE_RECORD
	    ",\"dcerpc\":{\"request\":\"BIND\",\"response\":\"BINDACK\",\"interfaces\":[{" SVCCTL
	    ",\"ack_result\":0,\"ack_reason\":0},{" SVCCTL ",\"ack_result\":2,\"ack_reason\":2}],\"call_id\":2}\n"
	    "server \"SMB2_COMMAND_IOCTL\"," OK_STATUS "," PIPE_RECORD
	    ",\"dcerpc\":{\"request\":\"REQUEST\",\"response\":\"RESPONSE\",\"opnum\":12,\"req\":{\"frag_cnt\":1,"
	    "\"stub_data_size\":4},\"res\":{\"frag_cnt\":1,\"stub_data_size\":2},\"interfaces\":[{" SVCCTL
	    ",\"procedure\":\"RCreateServiceW\"}],\"call_id\":3}\n"
	    "client \"SMB2_COMMAND_WRITE\"," PIPE_RECORD
	    ",\"dcerpc\":{\"request\":\"REQUEST\",\"response\":\"UNREPLIED\",\"opnum\":12,\"req\":{\"frag_cnt\":1,"
	    "\"stub_data_size\":4},\"interfaces\":[{" SVCCTL ",\"procedure\":\"RCreateServiceW\"}],\"call_id\":3}\n"
	    "client \"SMB2_COMMAND_WRITE\"," PIPE_RECORD ",\"size\":116\n");
}

static void test_smb_fields_for_matching(void **state)
{
	(void)state;
	sign_on(1, NTLM, sizeof NTLM - 1, 0);
	tree(2, "\\\\a\\b", SMB_SHARE_FILE);
	create(3, "x", 8);
	tree(4, "\\\\a\\IPC$", SMB_SHARE_PIPE);
	create(5, "svcctl", 7);
	transceive(6, SIDE_CLIENT, BIND, sizeof BIND - 1);
	expect(driver_show_fields,
	    "server smb.ntlmssp_user=taro smb.ntlmssp_domain=KAISHA smb.ntlmssp_host=PC-7 \n"
	    "server smb.share=\\\\a\\b \n"
	    "server smb.share=\\\\a\\b smb.filename=x file.name=x \n"
	    "server smb.share=\\\\a\\IPC$ \n"
	    "server smb.share=\\\\a\\IPC$ smb.named_pipe=svcctl \n"
	    "client smb.share=\\\\a\\IPC$ smb.named_pipe=svcctl dcerpc.iface=367abb81-9844-35f1-ad32-98f038001003 "
	    "dcerpc.iface=367abb81-9844-35f1-ad32-98f038001003 \n");
}

static void secret(enum side side, uint64_t session)
{
	frame(side);
	PUT("\xfdSMB0123456789abcdef0123456789abcdef\5\0\0\0\0\0\1\0");
	number(session, 8);
	PUT("never");
	done();
}

static void test_smb_encrypted_and_compressed_messages_are_told_once(void **state)
{
	(void)state;
	tree(1, "\\\\a\\b", SMB_SHARE_FILE);
	secret(SIDE_CLIENT, 0x1234);
	secret(SIDE_SERVER, 0x1234);
	secret(SIDE_CLIENT, 0x99);
	frame(SIDE_SERVER);
	PUT("\xfcSMB\x10\0\0\0\1\0\0\0\0\0\0\0packed");
	done();
	expect(show, TREE_RECORD "client \"SMB3_ENCRYPTED\"\nclient \"SMB3_ENCRYPTED\"\nserver \"SMB3_COMPRESSED\"\n");
}

static void lost(enum side side, uint64_t bytes)
{
	talk.said[talk.count++] = (struct said)SAID_MISSING(side, bytes);
}

static void test_smb_goes_on_behind_a_hole(void **state)
{
	(void)state;
	tree(1, "\\\\a\\b", SMB_SHARE_FILE);
	create(2, "x.txt", 7);
	lost(SIDE_CLIENT, 500);
	frame(SIDE_CLIENT);
	builder_clear(now());
	PUT("the end of what was lost \0\0\xfeSM");
	write_request(4, 7, "0123456789", 10);
	written_answer(4, 10);
	expect(show, TREE_RECORD FILE_RECORD("x.txt",
			 FUID7) "client \"SMB2_COMMAND_WRITE\",\"filename\":\"x.txt\"," OF_SHARE ",\"size\":10\n");
}

static void test_smb_malformed_messages_are_anomalies(void **state)
{
	(void)state;
	frame(SIDE_CLIENT);
	message(SMB2_ECHO, 1, 0, 0);
	now()->at[24] = 9; /* the next message would begin within this one */
	done();
	frame(SIDE_CLIENT);
	PUT("nothing known");
	done();
	tree(2, "\\\\a\\b", SMB_SHARE_FILE);
	expect(show, "client anomaly malformed_data\n" TREE_RECORD);
}

/* What waits is bounded: the oldest is told without its answer. */
static void test_smb_requests_that_nobody_answers_are_told(void **state)
{
	struct builder bytes = { 0 }, told = { 0 };
	(void)state;
	alone(SIDE_CLIENT, SMB2_LOGOFF, 0, 0, 0);
	PUT("\4\0\0\0");
	done();
	for (unsigned i = 0; i < SMB_WAITING + 44; i++) {
		now()->at[4 + 24] = (char)i;
		now()->at[4 + 25] = (char)(i >> 8);
		build_text(&bytes, (struct text){ now()->at, now()->size });
	}
	const struct said said[] = { { SIDE_CLIENT, bytes.at, bytes.size, 0 }, SAID_MISSING(SIDE_SERVER, 100),
		SAID_SERVER(
		    "\0\0\0\x49\xfeSMB\x40\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") };
	const struct conversation conversation = { .dissector = &dissector_smb, CONVERSATION(said) };
	driver_run(&conversation, show, &(struct cut){ 0 }, &told);
	unsigned lines = 0;
	for (size_t i = 0; i < told.size; i++)
		lines += told.at[i] == '\n';
	assert_int_equal(lines, SMB_WAITING + 44 + 1); /* and the answer to one that was given up */
	assert_true(text_starts((struct text){ told.at, told.size }, TEXT("client \"SMB2_COMMAND_SESSION_LOGOFF\"\n")));
	builder_free(&bytes);
	builder_free(&told);
}

static void test_smb_is_told_by_content(void **state)
{
	static const uint8_t one[] = "\0\0\0\x40\xffSMB\x72\0\0\0\0\x18",
			     two[] = "\0\0\0\x40\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0\1";
	static const uint8_t session[] = "\x81\0\0\x44\x20"
					 "CKFDEN",
			     positive[] = "\x82\0\0\0\0\0\0\x40\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0\1";
	(void)state;
	assert_int_equal(dissector_smb.recognise(SIDE_CLIENT, one, sizeof one - 1), LIKENESS_SURE);
	assert_int_equal(dissector_smb.recognise(SIDE_SERVER, one, sizeof one - 1), LIKENESS_NONE);
	assert_int_equal(dissector_smb.recognise(SIDE_SERVER, two, sizeof two - 1), LIKENESS_SURE);
	assert_int_equal(dissector_smb.recognise(SIDE_CLIENT, two, sizeof two - 1), LIKENESS_NONE);
	assert_int_equal(dissector_smb.recognise(SIDE_CLIENT, two, 12), LIKENESS_MAYBE);
	assert_int_equal(dissector_smb.recognise(SIDE_CLIENT, session, sizeof session - 1), LIKENESS_SURE);
	assert_int_equal(dissector_smb.recognise(SIDE_SERVER, positive, sizeof positive - 1), LIKENESS_SURE);
	assert_int_equal(dissector_smb.recognise(SIDE_SERVER, positive, 4), LIKENESS_MAYBE);
	assert_int_equal(dissector_smb.recognise(SIDE_CLIENT, (const uint8_t *)"\0\0\0\x40\xffSMC", 8), LIKENESS_NONE);
	assert_int_equal(dissector_smb.recognise(SIDE_CLIENT, (const uint8_t *)"\0\0\0\x0c\x6a\x81", 6), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_smb_negotiation_of_version_1_leads_to_version_2, forget),
		cmocka_unit_test_teardown(test_smb_who_signs_on_is_told, forget),
		cmocka_unit_test_teardown(test_smb_what_is_moved_is_told_when_a_file_is_closed, forget),
		cmocka_unit_test_teardown(test_smb_compounded_requests_are_about_the_file_that_they_open, forget),
		cmocka_unit_test_teardown(test_smb_answers_are_found_whatever_their_order, forget),
		cmocka_unit_test_teardown(test_smb_files_are_renamed_and_deleted, forget),
		cmocka_unit_test_teardown(test_smb_calls_through_a_pipe_are_told, forget),
		cmocka_unit_test_teardown(test_smb_fields_for_matching, forget),
		cmocka_unit_test_teardown(test_smb_encrypted_and_compressed_messages_are_told_once, forget),
		cmocka_unit_test_teardown(test_smb_goes_on_behind_a_hole, forget),
		cmocka_unit_test_teardown(test_smb_malformed_messages_are_anomalies, forget),
		cmocka_unit_test_teardown(test_smb_requests_that_nobody_answers_are_told, forget),
		cmocka_unit_test_teardown(test_smb_is_told_by_content, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
