/*
 * Inside of groups.h: cells, the newcomers of a day, members.
 */
#ifndef NOROSHI_DARKNET_GROUPS_INNER_H
#define NOROSHI_DARKNET_GROUPS_INNER_H

#include "darknet/trend/groups.h"
#include "darknet/trend/history.h"
#include "darknet/trend/lately.h"
#include "darknet/trend/tail.h"

#define RING 24 /* bins that a cell's counts are kept for */
#define LEVELS 3
#define GROUPS_MOST 1024
#define CLAIMS 65536

struct cell {
	uint64_t key;
	uint64_t port;        /* key of its port's history; 0: all ports */
	float seen, exposure; /* newcomers that left the ring, in so many bins of season; both forget */
	float scatter;
	float peak;             /* the highest score lately, which its class's tail holds */
	uint32_t peak_bin, bin; /* the bin that `ring` is at */
	uint32_t quiet;         /* told: no alarm before this bin */
	uint32_t group;         /* its newcomers belong to this group's number; 0: none */
	uint32_t sum;           /* of the ring */
	uint8_t by;
	bool touched, fresh; /* in this bin; since the last check */
	uint16_t ring[RING];
};

/* Where a cell is found. */
struct place {
	uint32_t cell; /* 1 + where it stands; 0: free */
	uint32_t tag;  /* the upper half of its key: others need not be looked at */
};

struct newcomer {
	struct activity row;
	uint64_t source; /* hash */
	uint32_t bin;
	bool new_source, taken; /* new at all, not only on this port; a member by now */
};

struct member {
	uint64_t source;
	uint32_t group, spare;
};

struct groups {
	struct groups_settings settings;
	struct cell *cells; /* the first `cell_count`, in the order in which they came */
	size_t cell_count;
	struct place *places; /* by key */
	size_t cell_mask;
	uint32_t *touched,
	    *fresh; /* places of cells of this bin; of those that a newcomer came to since the last check */
	size_t touched_count, fresh_count;
	double thresholds[GROUP_BYS][LEVELS]; /* of this bin */
	struct lately *seen;
	struct newcomer *newcomers; /* a ring */
	uint64_t newcomer_count;
	struct member *members;
	size_t member_mask, member_count;
	struct histories *ports; /* rows of each port, and of all (key 1) */
	size_t all_ports;        /* where the latter stands, most probably */
	struct tail tails[GROUP_BYS][LEVELS];
	struct group all[GROUPS_MOST]; /* by number modulo their number */
	uint32_t rows[GROUPS_MOST];    /* of each, since the day began */
	uint64_t claims[CLAIMS / 64];  /* bits of the keys of cells that belong to groups: most rows need not look */
	uint64_t number;
	size_t listed;    /* room of the addresses of all */
	uint32_t bin;     /* bins since the first, but for those that were slept through */
	uint32_t slept;   /* bins of the open day that were */
	double missed;    /* bins whose newcomers had yet to show themselves when the last sleep ended */
	uint32_t since;   /* bins that were heard since then */
	nanoseconds open; /* when the open bin began */
	struct groups_lost lost;
};

#define HISTORY_ALL 1

/* groups_cells.c */
uint64_t cell_key(const struct activity *activity, enum group_by by); /* 0: not applicable */
/* All of them, of a source that is new at all or only here. */
void cell_keys(const struct activity *activity, bool new_source, uint64_t keys[static GROUP_BYS]);
uint64_t port_key(const struct activity *activity);
/* The cell of that key will be looked for soon: first its place, then, when that is near, what stands there is fetched
 * meanwhile. */
void cell_fetch(const struct groups *groups, uint64_t key);
struct place *cell_fetch_found(const struct groups *groups, uint64_t key); /* NULL: there is none yet */
/* One newcomer more. `place`: what cell_fetch_found() said. */
void cell_count(
    struct groups *groups, const struct activity *activity, enum group_by by, uint64_t key, const struct place *place);
struct cell *cell_find(const struct groups *groups, uint64_t key); /* NULL: there is none */
static inline struct cell *cell_at(const struct groups *groups, uint32_t place)
{
	return &groups->cells[groups->places[place].cell - 1];
}
struct score {
	double surprise, expected;
	uint32_t observed;
	unsigned window;
};
/* Bins whose newcomers came in a sleep and may show themselves in the last `window` bins: of sources that send once an
 * hour or more, half of those that are left show themselves in each. */
double groups_missed(const struct groups *groups, unsigned window);
struct score cell_score(const struct groups *groups, const struct cell *cell);
unsigned cell_level(const struct cell *cell);

/* groups_members.c */
struct group *group_of(struct groups *groups, uint64_t number); /* NULL: closed or forgotten */
struct group *member_group(struct groups *groups, uint64_t source);
/* `list`: among the indicators as well. */
void group_join(struct groups *groups, struct group *group, uint64_t source, const struct activity *row, bool list);
void group_row(struct groups *groups, struct group *group, const struct activity *row);
/* The address is behind those that are listed, if there is room. */
void group_list(struct groups *groups, struct group *group, struct address address);
void group_unlist(struct groups *groups, struct group *group);
/* A visit that has told all that is listed. */
void group_tell(struct group *group, group_visitor visit, void *context);
/* Closes and tells those that stopped, forgets their members. */
void groups_day(struct groups *groups, group_visitor visit, void *context);

#endif
