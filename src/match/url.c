/*
 * URLs in the form in which they are compared.
 */
#include "match/url.h"

#include "base/character.h"
#include "match/name.h"
#include "net/address.h"

#include <string.h>

struct out {
	char *at;
	size_t size;
	bool full;
};

static void put(struct out *out, char c)
{
	if (out->size < URL_LONGEST)
		out->at[out->size++] = c;
	else
		out->full = true;
}

static void put_text_of(struct out *out, struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		put(out, text.at[i]);
}

static void put_escaped(struct out *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	put(out, '%');
	put(out, digits[c >> 4]);
	put(out, digits[c & 15]);
}

static bool is_letter(char c)
{
	c = char_lower(c);
	return c >= 'a' && c <= 'z';
}

static bool is_unreserved(unsigned char c)
{
	return c < 0x80 && (is_letter((char)c) || char_is_digit((char)c) || (c && strchr("-._~", c)));
}

static bool is_scheme(struct text text)
{
	if (text.size == 0 || !is_letter(text.at[0]))
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (!is_letter(text.at[i]) && !char_is_digit(text.at[i]) && !memchr("+-.", text.at[i], 3))
			return false;
	return true;
}

static size_t first_of(struct text text, const char *stops)
{
	size_t i = 0;
	while (i < text.size && !(text.at[i] && strchr(stops, text.at[i])))
		i++;
	return i;
}

static bool is_own_port(struct text scheme, struct text port)
{
	static const struct {
		const char *scheme, *port;
	} own[] = { { "http", "80" }, { "https", "443" }, { "ftp", "21" } };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (text_equal_nocase(scheme, text_of(own[i].scheme)) && text_equal(port, text_of(own[i].port)))
			return true;
	return port.size == 0;
}

/* Name or address; IPv6 in brackets, as RFC 5952 writes it. */
static bool put_host(struct out *out, struct text host)
{
	char name[NAME_LONGEST + 1], words[ADDRESS_TEXT];
	struct address address;
	bool bracketed = host.size > 2 && host.at[0] == '[' && host.at[host.size - 1] == ']';
	if (bracketed && address_parse((struct text){ host.at + 1, host.size - 2 }, &address)) {
		put(out, '[');
		put_text_of(out, text_of(address_format(address, words)));
		put(out, ']');
		return true;
	}
	if (!name_normalize(host, name))
		return false;
	put_text_of(out, text_of(name));
	return true;
}

static bool put_authority(struct out *out, struct text scheme, struct text authority)
{
	struct text port = TEXT_NONE, host = authority;
	for (size_t i = authority.size; i > 0; i--)
		if (authority.at[i - 1] == '@') {
			host = (struct text){ authority.at + i, authority.size - i };
			break;
		}
	for (size_t i = host.size; i > 0 && host.at[i - 1] != ']'; i--)
		if (host.at[i - 1] == ':') {
			port = (struct text){ host.at + i, host.size - i };
			host.size = i - 1;
			break;
		}
	for (size_t i = 0; i < port.size; i++)
		if (!char_is_digit(port.at[i]))
			return false;
	if (!put_host(out, host))
		return false;
	if (!is_own_port(scheme, port)) {
		put(out, ':');
		put_text_of(out, port);
	}
	return true;
}

static void put_path(struct out *out, struct text path)
{
	for (size_t i = 0; i < path.size; i++) {
		unsigned char c = (unsigned char)path.at[i];
		int high = i + 2 < path.size ? char_hex(path.at[i + 1]) : -1;
		int low = i + 2 < path.size ? char_hex(path.at[i + 2]) : -1;
		if (c == '%' && high >= 0 && low >= 0) {
			c = (unsigned char)(high << 4 | low);
			i += 2;
			if (is_unreserved(c))
				put(out, (char)c);
			else
				put_escaped(out, c);
		} else if (c <= ' ' || c >= 0x7f) {
			put_escaped(out, c);
		} else {
			put(out, (char)c);
		}
	}
}

/* Takes "." and ".." out of the path that begins at `begin` (RFC 3986, 5.2.4); what follows '?' is left alone. */
static void remove_dots(struct out *out, size_t begin)
{
	char *at = out->at + begin;
	size_t size = out->size - begin;
	const char *query = memchr(at, '?', size);
	size_t end = query ? (size_t)(query - at) : size, to = 0;
	for (size_t i = 0; i < end;) {
		size_t next = i + 1;
		while (next < end && at[next] != '/')
			next++;
		struct text segment = { at + i, next - i }; /* with the slash before it */
		bool last = next == end;
		if (text_equal(segment, TEXT("/..")))
			while (to > 0 && at[--to] != '/')
				;
		if (text_equal(segment, TEXT("/..")) || text_equal(segment, TEXT("/."))) {
			if (last)
				at[to++] = '/';
		} else {
			memmove(at + to, at + i, segment.size);
			to += segment.size;
		}
		i = next;
	}
	memmove(at + to, at + end, size - end);
	out->size = begin + to + size - end;
}

size_t url_normalize(struct text url, char to[static URL_LONGEST])
{
	struct out out = { to, 0, false };
	struct text rest = text_trim(url), scheme = TEXT_NONE;
	ptrdiff_t mark = text_find(rest, TEXT("://"));
	if (mark > 0 && is_scheme((struct text){ rest.at, (size_t)mark })) {
		scheme = (struct text){ rest.at, (size_t)mark };
		for (size_t i = 0; i < scheme.size; i++)
			put(&out, char_lower(scheme.at[i]));
		put_text_of(&out, TEXT("://"));
		rest = (struct text){ rest.at + mark + 3, rest.size - (size_t)mark - 3 };
	}
	size_t authority = first_of(rest, "/?#");
	if (scheme.size == 0 && (authority == rest.size || rest.at[authority] != '/'))
		return 0; /* a name alone */
	if (!put_authority(&out, scheme, (struct text){ rest.at, authority }))
		return 0;
	rest = (struct text){ rest.at + authority, rest.size - authority };
	rest.size = first_of(rest, "#");
	size_t path = out.size;
	if (rest.size == 0 || rest.at[0] != '/')
		put(&out, '/');
	put_path(&out, rest);
	if (out.full)
		return 0;
	remove_dots(&out, path);
	return out.size;
}
