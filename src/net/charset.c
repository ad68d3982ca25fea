/*
 * Character sets of mail (charset.h). net/mime_header.c calls it.
 */
#include "net/charset.h"

#include <errno.h>
#include <iconv.h>

/* Names as mailers write them (IANA, Character Sets), and as iconv knows the set that is meant: "ISO-2022-JP" and
 * "Shift_JIS" are sent with Microsoft's additions. */
static const struct {
	const char *name, *known;
} sets[] = {
	{ "iso-2022-jp", "ISO-2022-JP-3" },
	{ "iso-2022-jp-ms", "ISO-2022-JP-3" },
	{ "shift_jis", "CP932" },
	{ "shift-jis", "CP932" },
	{ "sjis", "CP932" },
	{ "x-sjis", "CP932" },
	{ "cp932", "CP932" },
	{ "windows-31j", "CP932" },
	{ "euc-jp", "EUC-JP-MS" },
	{ "iso-8859-1", "CP1252" },
	{ "iso-8859-2", "ISO-8859-2" },
	{ "iso-8859-5", "ISO-8859-5" },
	{ "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-9", "ISO-8859-9" },
	{ "iso-8859-15", "ISO-8859-15" },
	{ "latin1", "CP1252" },
	{ "windows-1250", "CP1250" },
	{ "windows-1251", "CP1251" },
	{ "windows-1252", "CP1252" },
	{ "windows-1253", "CP1253" },
	{ "windows-1254", "CP1254" },
	{ "koi8-r", "KOI8-R" },
	{ "koi8-u", "KOI8-U" },
	{ "gb2312", "GBK" },
	{ "gbk", "GBK" },
	{ "gb18030", "GB18030" },
	{ "big5", "BIG5" },
	{ "euc-kr", "EUC-KR" },
	{ "ks_c_5601-1987", "EUC-KR" },
};

static iconv_t open_set(struct text charset)
{
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (text_equal_nocase(charset, text_of(sets[i].name)))
			return iconv_open("UTF-8", sets[i].known);
	return (iconv_t)-1;
}

bool charset_decode(struct text charset, struct text text, struct builder *to)
{
	if (text_equal_nocase(charset, TEXT("utf-8")) || text_equal_nocase(charset, TEXT("us-ascii"))) {
		build_text(to, text);
		return true;
	}
	iconv_t set = open_set(charset);
	if (set == (iconv_t)-1)
		return false;
	char *from = (char *)text.at;
	size_t left = text.size;
	while (left) {
		char piece[256], *at = piece;
		size_t room = sizeof piece;
		size_t converted = iconv(set, &from, &left, &at, &room);
		build_text(to, (struct text){ piece, sizeof piece - room });
		if (converted == (size_t)-1 && errno != E2BIG && left) {
			build_text(to, TEXT("\xef\xbf\xbd"));
			from++, left--;
		}
	}
	iconv_close(set);
	return true;
}

void charset_load(void)
{
	static iconv_t kept[sizeof sets / sizeof *sets]; /* open for good: a module stays as long as somebody has it */
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (!kept[i])
			kept[i] = iconv_open("UTF-8", sets[i].known);
}
