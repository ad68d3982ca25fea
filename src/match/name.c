/*
 * Domain names in the form in which they are compared.
 */
#include "match/name.h"

#include "base/character.h"

bool name_normalize(struct text name, char to[static NAME_LONGEST + 1])
{
	if (name.size > 0 && name.at[name.size - 1] == '.')
		name.size--;
	if (name.size == 0 || name.size > NAME_LONGEST)
		return false;
	size_t label = 0;
	for (size_t i = 0; i < name.size; i++) {
		char c = char_lower(name.at[i]);
		bool good = (c >= 'a' && c <= 'z') || char_is_digit(c) || c == '-' || c == '_';
		if (c == '.' ? label == 0 : !good)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
		to[i] = c;
	}
	to[name.size] = '\0';
	return label > 0;
}
