/*
 * Mails handed to a real SMTP server (tests/lib/smtp_server.py), and what Python's email package reads in them.
 */
#include "base/file.h"
#include "mail/mail.h"
#include "notify/deliver.h"

#include <jansson.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct mail_server {
	char folder[64], certificate[96], key[96], password[96], url[64];
	pid_t pid;
	int input; /* closing it ends the server */
};

static void run(const char *format, ...)
{
	char command[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	assert_int_equal(system(command), 0);
}

static void server_start(struct mail_server *server, const char *const *options)
{
	int in[2], out[2];
	const char *arguments[24] = { "/usr/bin/python3", SMTP_SERVER, server->folder };
	for (size_t i = 0; options[i]; i++)
		arguments[3 + i] = options[i];
	assert_int_equal(pipe(in) | pipe(out), 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execv(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server->input = in[1];
	FILE *said = fdopen(out[0], "r");
	unsigned port = 0;
	assert_int_equal(fscanf(said, "%u", &port), 1);
	fclose(said);
	snprintf(server->url, sizeof server->url, "smtp://localhost:%u", port);
}

static void server_stop(struct mail_server *server)
{
	int status;
	close(server->input);
	waitpid(server->pid, &status, 0);
	run("rm -rf %s", server->folder);
}

static void make_folder(struct mail_server *server)
{
	snprintf(server->folder, sizeof server->folder, "/tmp/noroshi-mail-XXXXXX");
	assert_non_null(mkdtemp(server->folder));
	snprintf(server->certificate, sizeof server->certificate, "%s/certificate.pem", server->folder);
	snprintf(server->key, sizeof server->key, "%s/key.pem", server->folder);
	snprintf(server->password, sizeof server->password, "%s/password", server->folder);
	run("printf 'secret word\\n' > %s", server->password);
	run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
	    "-addext subjectAltName=DNS:localhost -keyout %s -out %s 2>/dev/null",
	    server->key, server->certificate);
}

static struct notify_settings settings_for(struct mail_server *server)
{
	static char from[] = "centre@noroshi.example", user[] = "noroshi", required[] = "required";
	return (struct notify_settings){ .smtp_server = server->url,
		.smtp_from = from,
		.smtp_user = user,
		.smtp_password_file = server->password,
		.smtp_starttls = required,
		.smtp_ca_file = server->certificate,
		.smtp_timeout = 10 * SECOND,
		.smtp_give_up = DAY };
}

static enum error send(const struct notify_settings *settings, const char *recipient, struct failure *failure)
{
	struct mail mail = { .from = { TEXT("サイバー防御センター"), TEXT("centre@noroshi.example") },
		.to = { TEXT("佐藤 花"), text_of(recipient) },
		.subject = TEXT(
		    "[TLP:GREEN] 通報 2026-0042:港湾管理システムにおける不審な活動の確認のお願い(至急ご対応ください)"),
		.identity = TEXT("notice.42"),
		.date = 1773479100 * SECOND,
		.body = TEXT("TLP:GREEN\n\n港湾市 御中\n.\n..dots\n") };
	struct builder message = { 0 };
	assert_int_equal(mail_write(&mail, &message, NULL), OK);
	struct envelope envelope = {
		.created = 10 * DAY, .recipient = text_of(recipient), .message = { message.at, message.size }
	};
	enum error error = deliver_mail(settings, &envelope, 10 * DAY, failure);
	builder_free(&message);
	return error;
}

static const char *header(json_t *facts, const char *wanted)
{
	size_t i;
	json_t *pair;
	json_array_foreach(json_object_get(facts, "headers"), i,
	    pair) if (strcmp(json_string_value(json_array_get(pair, 0)), wanted) ==
		      0) return json_string_value(json_array_get(pair, 1));
	return "";
}

static const char *string(json_t *facts, const char *name)
{
	return json_string_value(json_object_get(facts, name));
}

static void test_mail_arrives_over_starttls_with_its_japanese_whole(void **state)
{
	struct mail_server *server = *state;
	struct notify_settings settings = settings_for(server);
	struct failure failure = { 0 };
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), OK);
	assert_string_equal(failure.words, "250 2.0.0 kept as message 1");
	char path[128];
	snprintf(path, sizeof path, "%s/1.json", server->folder);
	json_t *facts = json_load_file(path, 0, NULL);
	assert_non_null(facts);
	assert_true(json_is_true(json_object_get(facts, "tls")));
	assert_true(json_is_true(json_object_get(facts, "authenticated")));
	assert_true(json_is_true(json_object_get(facts, "ascii")));
	assert_true(json_integer_value(json_object_get(facts, "longest_line")) <= 78);
	assert_int_equal(json_array_size(json_object_get(facts, "defects")), 0);
	assert_string_equal(string(facts, "mail_from"), "centre@noroshi.example");
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(facts, "rcpt_tos"), 0)), "sato@harbour.example");
	assert_string_equal(header(facts, "Subject"),
	    "[TLP:GREEN] 通報 2026-0042:港湾管理システムにおける不審な活動の確認のお願い(至急ご対応ください)");
	assert_string_equal(header(facts, "From"), "サイバー防御センター <centre@noroshi.example>");
	assert_string_equal(header(facts, "To"), "佐藤 花 <sato@harbour.example>");
	assert_string_equal(header(facts, "Auto-Submitted"), "auto-generated");
	assert_string_equal(header(facts, "Message-ID"), "<notice.42@noroshi.example>");
	assert_string_equal(string(facts, "date"), "2026-03-14T09:05:00+00:00");
	assert_string_equal(string(facts, "type"), "text/plain");
	assert_string_equal(string(facts, "charset"), "utf-8");
	assert_string_equal(string(facts, "body"), "TLP:GREEN\r\n\r\n港湾市 御中\r\n.\r\n..dots\r\n");
	json_decref(facts);
}

static void test_a_refused_recipient_is_final_and_a_put_off_one_is_tried_again(void **state)
{
	struct mail_server *server = *state;
	struct notify_settings settings = settings_for(server);
	struct failure failure = { 0 };
	assert_int_equal(send(&settings, "gone@harbour.example", &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "550 5.1.1 no such mailbox"));
	assert_int_equal(send(&settings, "later@harbour.example", &failure), ERROR_AGAIN);
	assert_non_null(strstr(failure.words, "451"));
	settings.smtp_give_up = 0;
	assert_int_equal(send(&settings, "later@harbour.example", &failure), ERROR_LIMIT);
}

static void test_a_certificate_of_nobody_we_trust_stops_the_mail(void **state)
{
	struct mail_server *server = *state;
	struct notify_settings settings = settings_for(server);
	struct failure failure = { 0 };
	settings.smtp_ca_file = NULL; /* the system's authorities did not sign it */
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), ERROR_AGAIN);
	char url[64];
	snprintf(
	    url, sizeof url, "smtp://127.0.0.1%s", strrchr(server->url, ':')); /* another name than the certificate's */
	settings = settings_for(server);
	settings.smtp_server = url;
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), ERROR_AGAIN);
}

static void test_a_wrong_password_is_said_and_never_shown(void **state)
{
	struct mail_server *server = *state;
	struct notify_settings settings = settings_for(server);
	struct failure failure = { 0 };
	run("printf 'wrong-word' > %s.wrong", server->password);
	char path[128];
	snprintf(path, sizeof path, "%s.wrong", server->password);
	settings.smtp_password_file = path;
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), ERROR_AGAIN);
	assert_null(strstr(failure.words, "wrong-word"));
}

static void test_a_server_that_is_away_is_tried_again(void **state)
{
	struct mail_server *server = *state;
	struct notify_settings settings = settings_for(server);
	struct failure failure = { 0 };
	char url[] = "smtp://127.0.0.1:1";
	settings.smtp_server = url;
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), ERROR_AGAIN);
	assert_true(failure.words[0] != '\0');
}

static void test_required_starttls_that_is_not_offered_sends_nothing(void **state)
{
	(void)state;
	struct mail_server plain;
	make_folder(&plain);
	server_start(&plain, (const char *const[]){ NULL });
	struct notify_settings settings = settings_for(&plain);
	settings.smtp_user = NULL;
	struct failure failure = { 0 };
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), ERROR_AGAIN);
	char never[] = "never";
	settings.smtp_starttls = never;
	assert_int_equal(send(&settings, "sato@harbour.example", &failure), OK);
	server_stop(&plain);
}

static int start(void **state)
{
	static struct mail_server server;
	make_folder(&server);
	server_start(&server, (const char *const[]){ "--certificate", server.certificate, "--key", server.key, "--user",
				  "noroshi", "--password", "secret word", "--refuse", "gone@harbour.example",
				  "--put-off", "later@harbour.example", NULL });
	*state = &server;
	return 0;
}

static int stop(void **state)
{
	server_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mail_arrives_over_starttls_with_its_japanese_whole),
		cmocka_unit_test(test_a_refused_recipient_is_final_and_a_put_off_one_is_tried_again),
		cmocka_unit_test(test_a_certificate_of_nobody_we_trust_stops_the_mail),
		cmocka_unit_test(test_a_wrong_password_is_said_and_never_shown),
		cmocka_unit_test(test_a_server_that_is_away_is_tried_again),
		cmocka_unit_test(test_required_starttls_that_is_not_offered_sends_nothing),
	};
	return cmocka_run_group_tests_name("notify deliver", tests, start, stop);
}
