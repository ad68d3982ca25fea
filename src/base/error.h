/*
 * What can go wrong, and the sentence a person reads about it.
 *
 * Every function that can fail returns one `enum error` and, when its caller wants words, fills a `struct failure`. The
 * words say what was wrong, where (file, line or offset, field) and what was expected or what to do. No secret goes in.
 */
#ifndef NOROSHI_BASE_ERROR_H
#define NOROSHI_BASE_ERROR_H

enum error {
	OK = 0,
	ERROR_INPUT,     /* what came from outside is malformed; the failure says where */
	ERROR_USAGE,     /* the caller (a person or a program) asked for something that does not exist */
	ERROR_NOT_FOUND, /* no such thing, or none that this scope may see: the two are never told apart */
	ERROR_DENIED,    /* the account may see the thing but not do this with it */
	ERROR_CONFLICT,  /* the thing changed since it was read, or already exists */
	ERROR_LIMIT,     /* a configured limit (size, rate, depth, memory) was reached */
	ERROR_SYSTEM,    /* the operating system refused: disk full, permission, connection */
	ERROR_CORRUPT,   /* our own file fails its checksum or its structure */
	ERROR_VERSION,   /* our own file, or a peer, is of a version that we do not read */
	ERROR_MEMORY,    /* no memory */
	ERROR_END,       /* end of the stream: not a failure, but not a value either */
	ERROR_AGAIN,     /* nothing now; later there may be */
};

struct failure {
	enum error code;
	char words[480]; /* one sentence, UTF-8, NUL-terminated, without a line break */
};

/* Fills `failure` (may be NULL) and returns `code`, so that `return fail(f, ERROR_INPUT, …)` reads as one thought. */
enum error fail(struct failure *failure, enum error code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fail(), with errno's text appended after ": ". Chooses ERROR_LIMIT for ENOSPC and EDQUOT, else ERROR_SYSTEM. */
enum error fail_errno(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The stable name of a code, for logs and JSON: "input", "not-found", … Never NULL. */
const char *error_name(enum error code);

#endif
