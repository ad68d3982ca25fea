/*
 * The centre inside a process: see inside.h. In: requests as text or typed fields. Out: what the keeper and front make
 * of them. The keeper's own functions run; only the channel between the processes and the password thread are left out.
 */
#include "inside.h"

#include "base/catalog.h"
#include "base/data.h"
#include "center/authority.h"
#include "center/settings.h"
#include "intel/lists.h"
#include "intel/loop.h"
#include "intel/naming.h"
#include "store/query.h"
#include "store/record_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* One at a time: neither the clock nor SQLite's hooks know whose they are. */
static nanoseconds clock_of_all;
static struct {
	char names[64][32];
	unsigned count;
	uint64_t open,
	    committed; /* changed in the transaction under way; by what was committed since the request began */
} tables;

static nanoseconds clock_now(void)
{
	return clock_of_all;
}

void inside_set_clock(nanoseconds now)
{
	clock_of_all = now;
}

/* Ids and secrets come from here too, so that a seed gives a whole run again: this takes the C library's place. */
static uint64_t randomness = 1;

void inside_set_randomness(uint64_t seed)
{
	randomness = seed * 0x9e3779b97f4a7c15u | 1;
}

ssize_t getrandom(void *to, size_t size, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < size; i++) {
		randomness ^= randomness << 13;
		randomness ^= randomness >> 7;
		randomness ^= randomness << 17;
		((uint8_t *)to)[i] = (uint8_t)(randomness >> 40);
	}
	return (ssize_t)size;
}

nanoseconds inside_clock(void)
{
	return clock_of_all;
}

void inside_fine(struct inside *inside, enum error error)
{
	if (error == OK)
		return;
	fprintf(stderr, "inside: %s: %s\n", error_name(error), inside->failure.words);
	abort();
}

static void told(struct center *center, uint32_t organisation, const char *noun, const char *id)
{
	struct keeper *keeper = center->keeper;
	struct inside *inside = (struct inside *)((char *)keeper - offsetof(struct inside, keeper));
	(void)organisation, (void)noun, (void)id;
	inside->changes++;
}

/* ── what changed in the store ─ */

static void row_changed(void *unused, int operation, const char *database, const char *table, sqlite3_int64 row)
{
	unsigned bit = 0;
	(void)unused, (void)operation, (void)database, (void)row;
	while (bit < tables.count && strcmp(tables.names[bit], table) != 0)
		bit++;
	if (bit == 64)
		abort();
	if (bit == tables.count)
		snprintf(tables.names[tables.count++], sizeof tables.names[0], "%s", table);
	tables.open |= (uint64_t)1 << bit;
}

static int committed(void *unused)
{
	(void)unused;
	tables.committed |= tables.open;
	tables.open = 0;
	return 0;
}

static void rolled_back(void *unused)
{
	(void)unused;
	tables.open = 0;
}

void inside_forget_changes(void)
{
	tables.open = tables.committed = 0;
}

uint64_t inside_changed_tables(const struct inside *inside)
{
	(void)inside;
	return tables.committed;
}

const char *inside_table(unsigned bit)
{
	return bit < tables.count ? tables.names[bit] : NULL;
}

/* ── opening ─ */

static void open_store(struct inside *inside)
{
	char path[128];
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* durability is tested elsewhere */
	snprintf(inside->folder, sizeof inside->folder, "%s/noroshi-test-XXXXXX", top);
	if (!mkdtemp(inside->folder))
		abort();
	snprintf(path, sizeof path, "sqlite:%s/state.db", inside->folder);
	inside_fine(inside, store_open(path, &inside->store, &inside->failure));
	snprintf(path, sizeof path, "%s/history", inside->folder);
	inside_fine(inside, history_open(path, &inside->history, NULL, &inside->failure));
	snprintf(path, sizeof path, "%s/history/" RECORDS_FOLDER, inside->folder);
	inside_fine(inside, record_store_open(path, &inside->records, &inside->failure));
	sqlite3_update_hook(inside->store->database, row_changed, NULL);
	sqlite3_commit_hook(inside->store->database, committed, NULL);
	sqlite3_rollback_hook(inside->store->database, rolled_back, NULL);
}

/* As in the keeper these live as long as the process. */
static void share_requests(struct inside *inside)
{
	static struct counters *counters;
	static struct requests *requests;
	if (!counters) {
		counters = counters_new();
		inside_fine(inside, requests_new(&requests, counters, &inside->failure));
	}
	inside->process.counters = counters;
	inside->keeper.requests = requests;
}

static void fill_keeper(struct inside *inside)
{
	struct keeper *keeper = &inside->keeper;
	share_requests(inside);
	keeper->process = &inside->process;
	keeper->store = inside->store;
	keeper->history = inside->history;
	keeper->records = inside->records;
	keeper->denied =
	    counter_get(inside->process.counters, COUNTER_TOTAL, "noroshi_denied", "Denied.", NULL, TEXT_NONE);
	keeper->center = (struct center){ .store = inside->store,
		.history = inside->history,
		.records = inside->records,
		.japanese = keeper->japanese,
		.counters = inside->process.counters,
		.folder = inside->folder,
		.public_url = "https://noroshi.example",
		.now = clock_now,
		.changed = told,
		.keeper = keeper };
	inside_fine(inside, cursors_key_load(keeper, inside->arena, &inside->failure));
	inside_fine(inside,
	    authority_open(inside->folder, inside->store, clock_now(), DAY, &keeper->authority, &inside->failure));
	route_tables(keeper->tables);
	inside_fine(inside, router_new(keeper->tables, &keeper->router, &inside->failure));
	inside_fine(inside, loop_start(&keeper->center, &inside->failure));
	inside_fine(inside, naming_start(&keeper->center, &inside->failure));
}

/* From the source and the build folder, as the processes of the centre find them. */
static void open_pages(struct inside *inside)
{
	char web[4096];
	inside_fine(inside, data_find("web", web, sizeof web, &inside->failure));
	inside_fine(inside, assets_new(web, &inside->assets, &inside->failure));
	inside_fine(
	    inside, templates_new(web, inside->keeper.japanese, inside->assets, &inside->templates, &inside->failure));
}

struct inside *inside_open(bool pages)
{
	struct inside *inside = calloc(1, sizeof *inside);
	char catalog[4096];
	if (!inside)
		abort();
	inside_set_clock((nanoseconds)1800000000 * SECOND);
	inside->arena = arena_new(0);
	inside->work = policy_background("test", inside->arena);
	settings_groups(&inside->process.settings, inside->process.groups);
	inside_fine(inside, config_read_text("inside", TEXT("intel = { remotes = \"" INSIDE_REMOTE "\"; };"),
				inside->process.groups, &inside->failure));
	inside->process.settings.session_idle = inside->process.settings.session_longest = 365 * DAY;
	inside_fine(inside, data_find_catalog("ja", catalog, sizeof catalog, &inside->failure));
	inside_fine(inside, catalog_open(catalog, &inside->keeper.japanese, &inside->failure));
	open_store(inside);
	fill_keeper(inside);
	if (pages)
		open_pages(inside);
	return inside;
}

void inside_close(struct inside *inside)
{
	char command[128];
	loop_stop_all(&inside->keeper.center);
	naming_stop(&inside->keeper.center);
	lists_capability.stop(&inside->keeper.center);
	config_free(inside->process.groups);
	templates_free(inside->templates);
	assets_free(inside->assets);
	catalog_free(inside->keeper.japanese);
	authority_free(inside->keeper.authority);
	store_close(inside->store);
	record_store_close(inside->records);
	history_close(inside->history);
	router_free(inside->keeper.router);
	arena_free(inside->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", inside->folder);
	if (system(command) != 0)
		fprintf(stderr, "inside: %s stays\n", inside->folder);
	free(inside);
}

/* ── who there is ─ */

static void begin(struct inside *inside)
{
	inside_fine(inside, store_begin(inside->store, &inside->failure));
}

static void commit(struct inside *inside)
{
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

uint32_t inside_add_organisation(struct inside *inside, struct organisation *organisation)
{
	begin(inside);
	inside_fine(inside, store_organisation_put(inside->store, inside->work, organisation, &inside->failure));
	commit(inside);
	return organisation->number;
}

static void add_token(struct inside *inside, struct key *key)
{
	struct token token = { .name = "test", .created = clock_of_all, .sensor = key->sensor };
	if (!key->sensor)
		token.account = key->account;
	random_bytes(token.digest, sizeof token.digest);
	memcpy(key->token, token.digest, sizeof key->token);
	inside_fine(inside, store_token_put(inside->store, inside->work, &token, &inside->failure));
}

struct key inside_add_account(struct inside *inside, struct account *account)
{
	begin(inside);
	inside_fine(inside, store_account_put(inside->store, inside->work, account, &inside->failure));
	struct key key = { .account = account->id, .role = account->role, .organisation = account->organisation };
	struct session session = { .account = account->id,
		.created = clock_of_all,
		.expires = clock_of_all + 365 * DAY,
		.last_used = clock_of_all };
	random_bytes(session.digest, sizeof session.digest);
	random_bytes(session.form_digest, sizeof session.form_digest);
	memcpy(key.session, session.digest, sizeof key.session);
	memcpy(key.form, session.form_digest, sizeof key.form);
	inside_fine(inside, store_session_put(inside->store, inside->work, &session, &inside->failure));
	add_token(inside, &key);
	commit(inside);
	return key;
}

/* As an enrolment leads to; its bytes are none that a handshake would take. */
static void add_certificate(struct inside *inside, struct key *key)
{
	struct enrolment enrolment = { .sensor = key->sensor,
		.organisation = key->organisation,
		.created = clock_now(),
		.expires = clock_now() + 3650 * DAY };
	char secret[64];
	struct machine_certificate certificate = { .serial = uuid_random(),
		.sensor = key->sensor,
		.organisation = key->organisation,
		.issued = clock_now(),
		.not_before = clock_now() - DAY,
		.not_after = clock_now() + 3650 * DAY,
		.size = 4,
		.der = "DER" };
	snprintf(secret, sizeof secret, INSIDE_SECRET, key->sensor);
	sha256(secret, strlen(secret), enrolment.digest);
	random_bytes(key->certificate, sizeof key->certificate);
	memcpy(certificate.digest, key->certificate, sizeof certificate.digest);
	inside_fine(inside, store_enrolment_put(inside->store, inside->work, &enrolment, &inside->failure));
	certificate.enrolment = key->enrolment = enrolment.id;
	key->serial = certificate.serial;
	inside_fine(inside, store_certificate_put(inside->store, inside->work, &certificate, &inside->failure));
}

struct key inside_add_sensor(struct inside *inside, struct sensor *sensor)
{
	begin(inside);
	inside_fine(inside, store_sensor_put(inside->store, inside->work, sensor, &inside->failure));
	struct key key = { .account = sensor->id,
		.role = ROLE_SENSOR,
		.organisation = sensor->organisation,
		.sensor = sensor->number };
	add_token(inside, &key);
	add_certificate(inside, &key);
	commit(inside);
	return key;
}

struct key inside_add_device(struct inside *inside, struct device *device)
{
	struct key key = { .role = ROLE_DEVICE, .organisation = device->organisation };
	random_bytes(device->digest, sizeof device->digest);
	memcpy(key.token, device->digest, sizeof key.token);
	begin(inside);
	inside_fine(inside, store_device_put(inside->store, inside->work, device, &inside->failure));
	commit(inside);
	key.account = device->id;
	return key;
}

const struct route *inside_route(const struct inside *inside, const char *name)
{
	return route_by_name(inside->keeper.router, text_of(name));
}
