/*
 * Accounts: what is valid. Called by the store before it writes and by the sign-in pages.
 */
#include "model/account.h"

#include <string.h>

const char *account_problem(const struct account *account)
{
	if (!name_is_valid(text_of(account->name)))
		return "the name must be 1 to 63 of a-z 0-9 - . _ and not begin with - or .";
	struct text title = text_of(account->title);
	if (text_utf8_valid(title) != title.size || strpbrk(account->title, "\r\n\t"))
		return "the title must be one line of UTF-8 text";
	if (account->mail[0] && !mail_is_plausible(text_of(account->mail)))
		return "the mail address must look like local@domain";
	switch (account->role) {
	case ROLE_ADMINISTRATOR:
	case ROLE_ANALYST:
	case ROLE_AUDITOR:
		if (account->organisation != 0)
			return "an account of the centre belongs to no organisation";
		return NULL;
	case ROLE_MEMBER:
		if (account->organisation == 0)
			return "a member's account needs its organisation";
		return NULL;
	case ROLE_NONE:
	case ROLE_SENSOR:
	case ROLE_DEVICE:
	case ROLE_COUNT:
		break;
	}
	return "the role must be administrator, analyst, member or auditor";
}

#define PASSWORD_SHORTEST 12
#define PASSWORD_LONGEST 256

static bool is_one_character_repeated(struct text password)
{
	for (size_t i = 1; i < password.size; i++) {
		if (password.at[i] != password.at[0])
			return false;
	}
	return true;
}

/* NIST SP 800-63B 5.1.1.2: a least length, no composition rules, refuse what is known from the account itself. */
const char *password_problem(struct text password, const struct account *account)
{
	if (password.size < PASSWORD_SHORTEST)
		return "the password must have at least 12 bytes";
	if (password.size > PASSWORD_LONGEST)
		return "the password must have at most 256 bytes";
	if (memchr(password.at, 0, password.size))
		return "the password must not hold a NUL character";
	if (is_one_character_repeated(password))
		return "the password must not be one character repeated";
	static const struct text known[] = { { "password", 8 }, { "noroshi", 7 }, { "123456789", 9 },
		{ "qwertyuiop", 10 } };
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		/* "password1234": what is left beside the known word is too little. */
		if (text_find_nocase(password, known[i]) >= 0 && password.size - known[i].size < 8)
			return "the password must not be made of a well-known one";
	}
	if (!account)
		return NULL;
	struct text name = text_of(account->name), mail = text_of(account->mail);
	if (name.size >= 4 && text_find_nocase(password, name) >= 0 && password.size - name.size < 8)
		return "the password must not be made of the account's name";
	if (mail.size >= 4 && text_find_nocase(password, mail) >= 0)
		return "the password must not hold the account's mail address";
	return NULL;
}
