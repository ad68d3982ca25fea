/*
 * Frozen: the limit that triage of NDJSON is measured against. Reads files into memory, then, timed, cuts each line
 * into its keys, strings and numbers (escapes respected, braces and brackets counted), makes a number of the digits of
 * the first value, which is the time, and hashes every key and value: the least that anything which judges alerts must
 * do. Prints one JSON object.
 *
 * Do not improve or change this file: ratios of different days are comparable only while it stands still.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *read_all(const char *path, size_t *size)
{
	struct stat about;
	int file = open(path, O_RDONLY);

	if (file < 0 || fstat(file, &about) != 0) {
		perror(path);
		exit(2);
	}
	char *at = malloc((size_t)about.st_size + 2 * sizeof(uint64_t));
	size_t have = 0;
	ssize_t part;
	while (at && have < (size_t)about.st_size && (part = read(file, at + have, (size_t)about.st_size - have)) > 0)
		have += (size_t)part;
	close(file);
	if (at)
		memset(at + have, '"', 2 * sizeof(uint64_t)); /* where a search for a quotation mark ends */
	*size = have;
	return at;
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* The next quotation mark, eight bytes at a time; there is one. (Low byte first.) */
static const char *quote_next(const char *at)
{
	for (;; at += 8) {
		uint64_t word, found;
		memcpy(&word, at, 8);
		word ^= EACH('"');
		found = (word - EACH(1)) & ~word & EACH(0x80);
		if (found)
			return at + __builtin_ctzll(found) / 8;
	}
}

/* The quotation mark that ends the string, or `stop`. */
static const char *string_end(const char *at, const char *stop)
{
	for (const char *from = at;;) {
		const char *quote = quote_next(from);
		if (quote >= stop)
			return stop;
		const char *escape = quote;
		while (escape > at && escape[-1] == '\\')
			escape--;
		if ((quote - escape) % 2 == 0)
			return quote;
		from = quote + 1;
	}
}

/* What numbers, true, false and null are made of. */
static const uint8_t word_bytes[256] = {
	['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['-'] = 1, ['+'] = 1, ['.'] = 1, ['E'] = 1
};

/* Eight bytes at a time: hashing is to be no more of the time than it must. */
static uint64_t hash(const char *at, size_t size)
{
	uint64_t sum = 1469598103934665603u ^ size, word;
	for (; size >= 8; at += 8, size -= 8) {
		memcpy(&word, at, 8);
		sum = (sum ^ word) * 1099511628211u;
	}
	for (; size; at++, size--)
		sum = (sum ^ (uint8_t)*at) * 1099511628211u;
	return sum;
}

static uint64_t parse(const char *at, size_t size, uint64_t *lines, uint64_t *broken)
{
	const char *end = at + size;
	uint64_t mixed = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			stop = end;
		unsigned values = 0;
		int depth = 0;
		while (at < stop) {
			const char *begin = at;
			if (*at == '"') {
				begin = at + 1;
				at = string_end(begin, stop);
				if (values++ == 1) {
					uint64_t time = 0;
					for (const char *digit = begin; digit < at; digit++)
						if (*digit >= '0' && *digit <= '9')
							time = time * 10 + (uint64_t)(*digit - '0');
					mixed += time;
				}
				mixed ^= hash(begin, (size_t)(at - begin));
				*broken += at == stop;
				at++;
			} else if (word_bytes[(uint8_t)*at]) {
				while (at < stop && word_bytes[(uint8_t)*at])
					at++;
				values++;
				mixed ^= hash(begin, (size_t)(at - begin));
			} else {
				depth += *at == '{' || *at == '[';
				depth -= *at == '}' || *at == ']';
				at++;
			}
		}
		*broken += depth != 0;
		at = stop + 1;
		(*lines)++;
	}
	return mixed;
}

int main(int argc, char **argv)
{
	uint64_t lines = 0, bytes = 0, mixed = 0, broken = 0;
	double seconds = 0;

	for (int i = 1; i < argc; i++) {
		size_t size;
		char *at = read_all(argv[i], &size);
		double began = now();
		mixed ^= parse(at, size, &lines, &broken);
		seconds += now() - began;
		bytes += size;
		free(at);
	}
	printf("{\"lines\":%llu,\"broken\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"bytes_per_second\":%.0f,\"mixed\":%"
	       "llu}\n",
	    (unsigned long long)lines, (unsigned long long)broken, (unsigned long long)bytes, seconds,
	    (double)bytes / seconds, (unsigned long long)mixed);
	return 0;
}
