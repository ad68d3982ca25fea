/*
 * SSH: banners, the lists of a KEXINIT, and their fingerprints.
 */
#include "dissector_driver.h"

#include "net/ssh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMES(names) "\0\0\0" names
#define COOKIE "0123456789abcdef"
/* Ten lists, those of the client's direction other than the server's; 119 bytes, 4 of them padding. */
/* clang-format off */
#define KEXINIT "\0\0\0\x77\4\x14" COOKIE NAMES("\x11" "curve25519-sha256") NAMES("\x07" "ssh-rsa") NAMES("\x05" "aes-c") NAMES("\x05" "aes-s") NAMES("\x05" "mac-c") NAMES("\x05" "mac-s") NAMES("\x04" "none") NAMES("\x04" "zlib") NAMES("\x00" "") NAMES("\x00" "") "\0\0\0\0\0" "PADD"
/* clang-format on */
#define CLIENT_HASSH "curve25519-sha256;aes-c;mac-c;none"
#define SERVER_HASSH "curve25519-sha256;aes-s;mac-s;zlib"

static void test_ssh_banners_and_fingerprints_whatever_the_pieces(void **state)
{
	static const struct said said[] = { SAID_SERVER("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n" KEXINIT),
		SAID_CLIENT("SSH-2.0-libssh_0.10.5\r\n"), SAID_CLIENT(KEXINIT "\0\0\0\x0cwhat follows"),
		SAID_SERVER("secrets") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"libssh_0.10.5\","
	    "\"hassh\":{\"hash\":\"6496a827556ae1fc52f370300b682577\",\"string\":\"" CLIENT_HASSH "\"}},"
	    "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"OpenSSH_9.2p1\","
	    "\"hassh\":{\"hash\":\"79c0b449c73eea11cff6201f06d2012f\",\"string\":\"" SERVER_HASSH "\"}}}}\n");
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client ssh.client=libssh_0.10.5 ssh.hassh=6496a827556ae1fc52f370300b682577 ssh.server=OpenSSH_9.2p1 "
	    "ssh.hassh.server=79c0b449c73eea11cff6201f06d2012f \n");
}

static void test_ssh_of_one_side_alone_is_told_at_the_end(void **state)
{
	static const struct said said[] = { SAID_CLIENT("SSH-2.0-Go\n"), SAID_MISSING(SIDE_CLIENT, 100),
		SAID_CLIENT(KEXINIT) };
	static const struct said old[] = { SAID_SERVER("SSH-1.5-Cisco-1.25\n"), SAID_CLIENT("SSH-1.5-1.0\n...") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields, "client ssh.client=Go \n");
	driver_expect(&(struct conversation){ CONVERSATION(old) }, driver_show_fields,
	    "client ssh.client=1.0 ssh.server=Cisco-1.25 \n");
}

static void test_ssh_lines_before_the_banner_and_other_packets_are_passed(void **state)
{
	static const struct said said[] = { SAID_SERVER("Authorised use only\r\n\r\nSSH-1.99-x\r\n"
							"\0\0\0\x08\4\2\0\0PADD" KEXINIT) };
	(void)state;
	driver_expect(&(struct conversation){ .dissector = &dissector_ssh, CONVERSATION(said) }, driver_show_fields,
	    "client ssh.server=x ssh.hassh.server=79c0b449c73eea11cff6201f06d2012f \n");
}

static void test_ssh_what_is_malformed_is_told(void **state)
{
	static char endless[9000], banner[400] = "SSH-2.0-";
	static const struct said packet[] = { SAID_CLIENT("SSH-2.0-a\n\xff\xff\xff\xff") };
	static const struct said lists[] = { SAID_CLIENT("SSH-2.0-a\n\0\0\0\x1a\0\x14" COOKIE "\0\0\0\5abcd") };
	static const struct said chatter[] = { SAID_CLIENT("SSH-2.0-a\n"), SAID_CLIENT("x"), SAID_SERVER("SSH\n") };
	(void)state;
	memset(endless, 'x', sizeof endless);
	memcpy(endless, "SSH-2.0-", 8);
	memset(banner + 8, 'y', 300);
	banner[308] = '\n';
	const struct said long_lines[] = { { SIDE_CLIENT, endless, sizeof endless, 0 },
		{ SIDE_SERVER, banner, 309, 0 } };
	driver_expect(&(struct conversation){ CONVERSATION(packet) }, driver_show_fields,
	    "client anomaly invalid_record\nclient ssh.client=a \n");
	driver_expect(&(struct conversation){ CONVERSATION(lists) }, driver_show_fields,
	    "client anomaly invalid_kexinit\nclient ssh.client=a \n");
	driver_expect(&(struct conversation){ CONVERSATION(chatter) }, driver_show_fields, "client ssh.client=a \n");
	struct builder expected = { 0 };
	build_text(&expected, TEXT("client anomaly long_banner\nserver anomaly long_banner\nclient ssh.server="));
	build_text(&expected, (struct text){ banner + 8, 255 - 8 });
	build_text(&expected, TEXT(" \n"));
	driver_expect(&(struct conversation){ CONVERSATION(long_lines) }, driver_show_fields, expected.at);
	builder_free(&expected);
}

static void test_ssh_other_bytes_are_not_ssh(void **state)
{
	(void)state;
	assert_int_equal(dissector_ssh.recognise(SIDE_CLIENT, (const uint8_t *)"SSH-", 4), LIKENESS_MAYBE);
	assert_int_equal(dissector_ssh.recognise(SIDE_SERVER, (const uint8_t *)"SSH-2", 5), LIKENESS_SURE);
	assert_int_equal(dissector_ssh.recognise(SIDE_SERVER, (const uint8_t *)"SSH-x", 5), LIKENESS_NONE);
	assert_int_equal(dissector_ssh.recognise(SIDE_SERVER, (const uint8_t *)"SSL", 3), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ssh_banners_and_fingerprints_whatever_the_pieces),
		cmocka_unit_test(test_ssh_of_one_side_alone_is_told_at_the_end),
		cmocka_unit_test(test_ssh_lines_before_the_banner_and_other_packets_are_passed),
		cmocka_unit_test(test_ssh_what_is_malformed_is_told),
		cmocka_unit_test(test_ssh_other_bytes_are_not_ssh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
