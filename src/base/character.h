/*
 * What an ASCII character is, whatever the locale of the process says. For readers that go byte by byte.
 */
#ifndef NOROSHI_BASE_CHARACTER_H
#define NOROSHI_BASE_CHARACTER_H

#include <stdbool.h>

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool char_is_space(char c) /* blank, \t \n \v \f \r */
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline int char_hex(char c) /* the value of a hexadecimal digit; -1 when it is none */
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
