/*
 * Inside of the wild year: wild.c (who lives, and what they send in an hour), wild_plan.c (networks, ports, campaigns),
 * wild_events.c (what campaigns, mistakes and attacks send).
 */
#ifndef NOROSHI_TESTS_DARKNET_WILD_INNER_H
#define NOROSHI_TESTS_DARKNET_WILD_INNER_H

#include "chance.h"
#include "wild.h"

#define TCP 6
#define UDP 17
#define WILD_COUNTRIES 60
#define WILD_NETWORKS 2000
#define WILD_STACKS 400
#define WILD_PORTS 65536
#define WILD_MISTAKES 200
#define WILD_RESEARCHERS 64

struct wild_country {
	char name[2];
	double swing, phase, weekend; /* of its day; factor of its week-end */
};

struct wild_network {
	uint32_t number, first, count; /* its /24s: numbers that wild_address() spreads */
	uint8_t country;
	bool moving; /* its sources get another address every day */
};

enum wild_habit { HABIT_ONE, HABIT_FEW, HABIT_ALL };

struct wild_source {
	uint32_t address, shape, dies; /* hour */
	float rate;                    /* packets in an hour */
	uint16_t network, ports[4];
	uint8_t port_count, habit, tool;
};

enum wild_style {
	STYLE_SWEEP,  /* each source goes through all addresses in an order of its own, evenly */
	STYLE_HOURLY, /* one packet from each in each hour */
	STYLE_PULSES, /* like the first, with every second day a pause */
	STYLE_RECRUIT /* begins small and takes days to grow */
};

struct wild_campaign {
	struct world_campaign *shown;
	struct wild_source *members;
	uint32_t *begins; /* hours behind the first, of each member */
	double rate, ramp, reuse;
	uint8_t style, protocol;
	uint8_t look; /* 0: a shape of its own, 1: a common one, 2: each its own, 3: changes from packet to packet */
	uint16_t local[3]; /* networks that its members are in */
	bool clustered;    /* … if so */
	uint32_t shape;
};

struct wild_mistake {
	uint32_t first, hours, sources;
	uint16_t port;
	uint8_t protocol;
};

struct wild {
	struct world_setting setting;
	uint32_t hours;
	struct wild_country countries[WILD_COUNTRIES];
	struct wild_network networks[WILD_NETWORKS];
	double network_until[WILD_NETWORKS];
	uint32_t stacks[WILD_STACKS];
	uint16_t ports[WILD_PORTS];    /* by rank */
	double port_until[WILD_PORTS]; /* sums of Zipf's law */
	float drift[WILD_PORTS];       /* of the popular ones: a slow walk */
	struct wild_source *alive;
	size_t alive_count, alive_room;
	struct wild_source researchers[WILD_RESEARCHERS];
	struct wild_campaign campaigns[WORLD_CAMPAIGNS];
	struct world_campaign shown[WORLD_CAMPAIGNS];
	struct wild_mistake mistakes[WILD_MISTAKES];
	uint32_t mistake_count, flood_first, flood_behind; /* the month of backscatter */
	struct chance chance;
	/* Addresses of members → campaign + 1. */
	uint64_t *owners;
	size_t owner_mask;
	/* The hour that is made. */
	uint32_t hour;
	struct activity *rows;
	size_t count, room;
	uint64_t *keys;
	size_t key_room;
};

bool wild_plan(struct wild *wild);
uint16_t wild_port(struct wild *wild);      /* as popular as it is now */
uint16_t wild_rare_port(struct wild *wild); /* any */
uint16_t wild_network(struct wild *wild);
uint32_t wild_address(struct wild *wild, uint16_t network);
void wild_look(struct wild *wild, struct wild_source *source); /* shape and tool */
double wild_season(const struct wild *wild, const struct wild_source *source, uint32_t hour);
struct wild_source wild_birth(struct wild *wild);

/* `packets` of a source to a port, somewhere between `from` and the hour's end; once for each (source, port). */
struct wild_row {
	uint16_t port;
	uint8_t protocol, kind;
	bool research;
	uint32_t packets;
	nanoseconds from;
};
void wild_send(struct wild *wild, const struct wild_source *source, struct wild_row row);

void wild_events(struct wild *wild);
void wild_own(struct wild *wild, uint32_t address, unsigned campaign);
int wild_owner(const struct wild *wild, uint32_t address);

#endif
