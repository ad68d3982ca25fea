/*
 * What the reader of STIX patterns is made of (stix_lexer.c, stix_pattern.c); its users include stix_pattern.h.
 */
#ifndef NOROSHI_MATCH_STIX_INSIDE_H
#define NOROSHI_MATCH_STIX_INSIDE_H

#include "match/stix_pattern.h"

enum stix_sign {
	STIX_SIGN_EQUAL,
	STIX_SIGN_UNEQUAL,
	STIX_SIGN_LESS,
	STIX_SIGN_LESS_OR_EQUAL,
	STIX_SIGN_MORE,
	STIX_SIGN_MORE_OR_EQUAL,
	STIX_SIGN_OPEN,
	STIX_SIGN_CLOSE,
	STIX_SIGN_GROUP,
	STIX_SIGN_GROUP_END,
	STIX_SIGN_COMMA,
	STIX_SIGN_COLON,
	STIX_SIGN_DOT,
	STIX_SIGN_STAR,
};

enum stix_token_kind { STIX_TOKEN_END, STIX_TOKEN_SIGN, STIX_TOKEN_WORD, STIX_TOKEN_CONSTANT };
struct stix_token {
	enum stix_token_kind kind;
	enum stix_sign sign;
	struct text word; /* a keyword or a name: the parser knows which */
	struct stix_constant constant;
	uint32_t offset;
};

struct stix_lexer {
	struct text text;
	size_t next; /* byte */
	struct arena *arena;
	struct stix_token token; /* at hand */
	uint32_t loose;
};
enum error stix_lexer_next(struct stix_lexer *lexer, struct failure *failure);

#endif
