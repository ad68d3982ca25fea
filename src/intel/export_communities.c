/*
 * Sharing groups of MISP as communities: a line of JSON each, which sample/communities.py gives to a centre. What
 * cannot be carried stands in docs/exchange-formats.md.
 */
#include "base/character.h"
#include "base/json.h"
#include "intel/export_inner.h"

#define DEEPEST 64
#define NAME_LONGEST 60u

/* As a community may be named: small letters, digits, and one dash for whatever else stands between. */
static void build_name(struct builder *to, struct text name)
{
	size_t begin = to->size;
	for (size_t i = 0; i < name.size && to->size - begin < NAME_LONGEST; i++) {
		char c = char_lower(name.at[i]);
		if ((c >= 'a' && c <= 'z') || char_is_digit(c))
			build_char(to, c);
		else if (to->size > begin && to->at[to->size - 1] != '-')
			build_char(to, '-');
	}
	while (to->size > begin && to->at[to->size - 1] == '-')
		to->at[--to->size] = 0;
	if (to->size == begin)
		build_text(to, TEXT("sharing-group"));
}

static void build_member(struct builder *to, const char *name, struct text text, const char *otherwise)
{
	build_format(to, ",\"%s\":", name);
	build_json_string(to, text.size ? text : text_of(otherwise));
}

static void build_group(struct builder *to, struct json_value root, struct json_value group)
{
	struct json_walk walk = { 0 };
	struct text name = json_text(json_get(group, "name"));
	bool more = false;
	build_text(to, TEXT("{\"name\":\""));
	build_name(to, name);
	build_text(to, TEXT("\",\"kind\":\"closed\""));
	build_member(to, "title_ja", name, "");
	build_member(to, "title_en", name, "");
	build_member(to, "purpose", json_text(json_get(group, "description")), "A sharing group of MISP");
	build_member(to, "content", TEXT_NONE, "Events of MISP");
	build_member(to, "recipients", json_text(json_get(group, "releasability")), "Its members alone");
	build_text(to, TEXT(",\"members\":["));
	while (json_next(json_get(root, "SharingGroupOrg"), &walk)) {
		struct text organisation = json_text(json_at(walk.value, "Organisation.name"));
		if (!organisation.size)
			continue;
		if (more)
			build_char(to, ',');
		build_json_string(to, organisation);
		more = true;
	}
	build_text(to, TEXT("]}\n"));
}

static void communities_item(struct exporting *exporting, const struct item *item, const struct intel_group *group)
{
	struct json_value root = { 0 };
	struct json_parser *parser = item->kept.size ? json_parser_new(DEEPEST) : NULL;
	bool read = parser && json_parse(parser, item->kept, &root, NULL) == OK;
	struct json_value sharing = read ? json_get(root, "SharingGroup") : root;
	(void)group;
	if (json_exists(sharing)) {
		build_group(&exporting->text, root, sharing);
		exporting->counts.written++;
	} else {
		exporting->counts.left_out[EXPORT_KIND]++;
	}
	json_parser_free(parser);
}

const struct export_format export_communities = {
	.name = "communities", .pap = PAP_RED, .handling = true, .whole = true, .item = communities_item
};
