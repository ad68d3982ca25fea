/*
 * Names and passwords in what a browser sends; see form.h.
 */
#include "decoy/form.h"

#include "base/base64.h"
#include "http/fields.h"

#include <string.h>

#define VALUE_MOST 512

/* What login forms call their fields: cameras, routers, blogs, mail. */
static const char *const name_keys[] = { "user", "username", "user_name", "login", "log", "email", "account", "uname",
	"usr", "name", "userid", NULL };
static const char *const password_keys[] = { "password", "passwd", "pass", "pwd", "psw", "psd", "userpassword",
	"user_password", "passwort", NULL };

static bool is_one_of(struct text key, const char *const *keys)
{
	for (; *keys; keys++)
		if (text_equal_nocase(key, text_of(*keys)))
			return true;
	return false;
}

struct value {
	char at[VALUE_MOST + 1];
	size_t size;
	bool there;
};

static void decode(struct text text, struct value *value)
{
	if (value->there)
		return;
	if (text.size > VALUE_MOST)
		text.size = VALUE_MOST;
	value->there = true;
	if (percent_decode(text, true, value->at, &value->size))
		return;
	if (text.size)
		memcpy(value->at, text.at, text.size);
	value->size = text.size;
}

bool form_take(struct session *session, struct text form)
{
	struct value name = { .there = false }, password = { .there = false };
	while (form.size) {
		struct text value = text_cut(&form, '&'), key = text_cut(&value, '=');
		if (is_one_of(key, name_keys))
			decode(value, &name);
		else if (is_one_of(key, password_keys))
			decode(value, &password);
	}
	if (password.there)
		session_fact_pair(session, FACT_CREDENTIAL, (struct text){ name.at, name.size },
		    (struct text){ password.at, password.size });
	return password.there;
}

void form_basic(struct session *session, struct text value)
{
	uint8_t decoded[VALUE_MOST];
	struct base64_decoder decoder = { 0 };
	struct text scheme = text_cut(&value, ' ');
	value = text_trim(value);
	if (!text_equal_nocase(scheme, TEXT("basic")))
		return;
	if (value.size > sizeof decoded)
		value.size = sizeof decoded;
	size_t size = base64_decode(&decoder, value.at, value.size, decoded);
	struct text password = { (const char *)decoded, size };
	struct text name = text_cut(&password, ':');
	session_fact_pair(session, FACT_CREDENTIAL, name, password);
}
