/*
 * Names of countries and methods; see view_names.h.
 */
#include "darknet/view/view_names.h"

#include "darknet/packet/method.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define COUNTRIES "/usr/share/iso-codes/json/iso_3166-1.json"
#define JAPANESE "/usr/share/locale/ja/LC_MESSAGES/iso_3166-1.mo"
#define LETTERS 26

struct view_names {
	char *english[LETTERS * LETTERS];
	struct catalog *japanese; /* msgids are the English names; NULL: not there */
};

static bool place_of(const char code[2], size_t *place)
{
	if (code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z')
		return false;
	*place = (size_t)(code[0] - 'A') * LETTERS + (size_t)(code[1] - 'A');
	return true;
}

static void take_country(struct view_names *names, const json_t *country)
{
	const char *code = json_string_value(json_object_get(country, "alpha_2"));
	const char *common = json_string_value(json_object_get(country, "common_name"));
	const char *name = common ? common : json_string_value(json_object_get(country, "name"));
	size_t place;
	if (!code || strlen(code) != 2 || !name || !place_of(code, &place) || names->english[place])
		return;
	names->english[place] = strdup(name);
}

struct view_names *view_names_load(void)
{
	struct view_names *names = calloc(1, sizeof *names);
	json_t *file = names ? json_load_file(COUNTRIES, 0, NULL) : NULL, *country;
	size_t i;
	if (!file) {
		free(names);
		return NULL;
	}
	json_array_foreach(json_object_get(file, "3166-1"), i, country) take_country(names, country);
	json_decref(file);
	if (catalog_open(JAPANESE, &names->japanese, NULL) != OK)
		names->japanese = NULL;
	return names;
}

void view_names_free(struct view_names *names)
{
	for (size_t i = 0; names && i < LETTERS * LETTERS; i++)
		free(names->english[i]);
	if (names && names->japanese)
		catalog_free(names->japanese);
	free(names);
}

/* Names that iso-codes knows in English and has no Japanese for yet, as the foreign ministry writes them. */
static const char *japanese_name(const char code[2])
{
	static const struct {
		char code[3];
		const char *name;
	} names[] = { { "CZ", "チェコ" }, { "IR", "イラン" }, { "KP", "北朝鮮" }, { "KR", "韓国" }, { "LA", "ラオス" },
		{ "MK", "北マケドニア" }, { "SY", "シリア" }, { "SZ", "エスワティニ" }, { "TR", "トルコ" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (memcmp(names[i].code, code, 2) == 0)
			return names[i].name;
	return NULL;
}

const char *view_country_name(const struct view_names *names, const char code[2], bool japanese)
{
	size_t place;
	if (!names || !place_of(code, &place) || !names->english[place])
		return NULL;
	if (!japanese || !names->japanese)
		return names->english[place];
	const char *name = catalog_string(names->japanese, names->english[place]), *ours = japanese_name(code);
	return ours && strcmp(name, names->english[place]) == 0 ? ours : name;
}

const char *view_method_title(unsigned method)
{
	static const char *const titles[METHOD_COUNT] = {
		[METHOD_NONE] = "",
		[METHOD_SCAN] = N_("questions to services of UDP"),
		[METHOD_TERMINAL] = N_("Windows Terminal server (RDP)"),
		[METHOD_SMB1] = N_("SMB version 1"),
		[METHOD_SMB2] = N_("SMB version 2 or 3"),
		[METHOD_ICMP] = N_("requests of ICMP"),
		[METHOD_PPTP] = N_("PPTP (VPN)"),
		[METHOD_HTTP] = N_("requests of HTTP"),
		[METHOD_TLS] = N_("TLS handshakes"),
		[METHOD_SSH] = N_("SSH logins"),
		[METHOD_TELNET] = N_("Telnet logins"),
		[METHOD_REDIS] = N_("Redis commands"),
		[METHOD_ADB] = N_("Android's debugger (ADB)"),
		[METHOD_TDS] = N_("Microsoft SQL Server"),
		[METHOD_DNS] = N_("questions of DNS"),
	};
	return method < METHOD_COUNT ? titles[method] : "";
}

const char *view_item_name(const struct view_names *names, const struct view *view, const struct view_cell *cell,
    const struct catalog *japanese)
{
	if (view->query.by == VIEW_BY_COUNTRY)
		return view_country_name(names, cell->key.country, japanese != NULL);
	if (view->query.by == VIEW_BY_METHOD && cell->key.method)
		return catalog_string(japanese, view_method_title(cell->key.method));
	return NULL;
}
