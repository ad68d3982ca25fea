/*
 * How much of the keeper's time each organisation's requests may use: the keeper is one thread, and a search over a
 * long history holds up everybody. What a request used is charged afterwards; who is in debt waits. The members and
 * tokens of an organisation share its part; the centre's people have one each.
 *
 * In: who asks, and the processor time of the request. Out: how long to wait. A table of fixed size, in which a new
 * entry takes the place of the one of its neighbours that was used longest ago. Called by request_run.c.
 */
#include "base/hash.h"
#include "center/request.h"

#include <stdlib.h>
#include <time.h>

#define ENTRIES 4096
#define NEIGHBOURS 8

struct share {
	uint64_t key; /* 0 = empty */
	nanoseconds left, refilled;
};

struct shares {
	struct share entries[ENTRIES];
};

/* An organisation gets a quarter of the keeper, a second of it at once; a person of the centre half, ten seconds at
 * once. */
static void rate_of(const struct subject *subject, nanoseconds *most, unsigned *divisor)
{
	*most = subject->organisation ? SECOND : 10 * SECOND;
	*divisor = subject->organisation ? 4 : 2;
}

struct shares *shares_new(void)
{
	return calloc(1, sizeof(struct shares));
}

void shares_free(struct shares *shares)
{
	free(shares);
}

static struct share *share_of(struct shares *shares, const struct subject *subject, nanoseconds now)
{
	uint64_t key = subject->organisation ? hash_u64(subject->organisation, 1)
					     : hash_bytes(&subject->account, sizeof subject->account, 2);
	nanoseconds most;
	unsigned divisor;
	struct share *oldest = &shares->entries[key % ENTRIES];
	rate_of(subject, &most, &divisor);
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		struct share *share = &shares->entries[(key + i) % ENTRIES];
		if (share->key == key) {
			share->left += (now - share->refilled) / divisor;
			share->left = share->left > most ? most : share->left;
			share->refilled = now;
			return share;
		}
		if (share->refilled < oldest->refilled)
			oldest = share;
	}
	*oldest = (struct share){ .key = key, .left = most, .refilled = now };
	return oldest;
}

nanoseconds shares_wait(struct shares *shares, const struct subject *subject, nanoseconds now)
{
	nanoseconds most;
	unsigned divisor;
	const struct share *share = share_of(shares, subject, now);
	rate_of(subject, &most, &divisor);
	return share->left > 0 ? 0 : (1 - share->left) * divisor;
}

void shares_charge(struct shares *shares, const struct subject *subject, nanoseconds used, nanoseconds now)
{
	share_of(shares, subject, now)->left -= used;
}

nanoseconds processor_time(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (nanoseconds)time.tv_sec * SECOND + time.tv_nsec;
}
