/*
 * Lists of values: CSV in our own form (docs/formats/indicators.md), plain, a hosts file, and a response policy zone
 * (draft-vixie-dnsop-dns-rpz).
 */
#include "intel/export_inner.h"

#include "net/address.h"

/* ── CSV ─ */

static void build_field(struct builder *to, struct text text)
{
	build_text(to, TEXT(",\""));
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		if (c == '"')
			build_char(to, '"');
		build_char(to, c == '\n' || c == '\r' ? ' ' : c);
	}
	build_char(to, '"');
}

static bool csv_value(struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value)
{
	struct builder *to = &exporting->text;
	char until[TIME_TEXT];
	build_text(to, text_of(indicator_kind_name(kind)));
	build_field(to, value);
	build_format(to, ",%s,,%s,%s,", item_action_code(item->action),
	    exporting->options.unmarked ? "" : tlp_code(item->tlp),
	    exporting->options.unmarked ? "" : pap_code(item->pap));
	build_text(to, item_time_text(&item->valid_until, until));
	build_field(to, item->id);
	build_field(to, item->name);
	build_char(to, '\n');
	return true;
}

const struct export_format export_csv = {
	.name = "csv",
	.pap = PAP_RED,
	.handling = true,
	.begin = "type,value,action,id,tlp,pap,valid_until,item,name\n",
	.value = csv_value,
};

/* ── plain ─ */

static bool plain_value(
    struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value)
{
	(void)item;
	if (kind == INDICATOR_SUBJECT)
		return false; /* nothing tells it from another word */
	build_text(&exporting->text, value);
	build_char(&exporting->text, '\n');
	return true;
}

const struct export_format export_plain = { .name = "plain", .pap = PAP_GREEN, .value = plain_value };

/* ── hosts ─ */

static bool is_name(enum indicator_kind kind)
{
	return kind == INDICATOR_DOMAIN || kind == INDICATOR_HOSTNAME;
}

static void comment(struct exporting *exporting, const char *mark, const struct item *item)
{
	build_text(&exporting->text, text_of(mark));
	export_describe(exporting, &exporting->text, item);
	build_char(&exporting->text, '\n');
}

static bool hosts_value(
    struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value)
{
	if (!is_name(kind))
		return false;
	comment(exporting, "# block ", item);
	build_format(&exporting->text, "0.0.0.0 %.*s\n:: %.*s\n", (int)value.size, value.at, (int)value.size, value.at);
	return true;
}

const struct export_format export_hosts = { .name = "hosts", .pap = PAP_GREEN, .value = hosts_value };

/* ── response policy zone ─ */

#define NAME_LONGEST 253u

static void rpz_head(struct exporting *exporting)
{
	build_format(&exporting->text,
	    "$TTL 300\n$ORIGIN %s.\n@ IN SOA localhost. hostmaster.localhost. %lu 3600 600 86400 300\n@ IN NS "
	    "localhost.\n",
	    exporting->options.zone, (unsigned long)(exporting->options.now / SECOND % UINT32_MAX));
}

/* The owner within the zone: the length, and the parts of the address from the last on; "zz" for the run of zeroes. */
static void build_address(struct builder *to, struct prefix prefix)
{
	char room[ADDRESS_TEXT];
	struct text text = text_of(address_format(prefix.address, room)), parts[10];
	bool four = address_is_v4(prefix.address);
	size_t count = 0, from = 0;
	build_format(to, "%d", prefix.length - (four ? 96 : 0));
	if (text_starts(text, TEXT("::"))) /* one empty part, not two */
		text = (struct text){ text.at + 1, text.size - 1 };
	else if (text_ends(text, TEXT("::")))
		text.size--;
	if (text_equal(text, TEXT(":")))
		text.size = 0;
	for (size_t i = 0; i <= text.size && count < 10; i++) {
		if (i < text.size && text.at[i] != (four ? '.' : ':'))
			continue;
		parts[count++] = (struct text){ text.at + from, i - from };
		from = i + 1;
	}
	while (count-- > 0) {
		build_char(to, '.');
		build_text(to, parts[count].size ? parts[count] : TEXT("zz"));
	}
	build_text(to, TEXT(".rpz-ip"));
}

static bool rpz_value(struct exporting *exporting, const struct item *item, enum indicator_kind kind, struct text value)
{
	struct builder *to = &exporting->text;
	struct prefix prefix;
	if (kind == INDICATOR_ADDRESS && prefix_parse(value, &prefix)) {
		comment(exporting, "; block ", item);
		build_address(to, prefix);
		build_text(to, TEXT(" CNAME .\n"));
		return true;
	}
	size_t zone = strlen(exporting->options.zone) + 3; /* "*." before, a dot between */
	if (!is_name(kind) || value.size + zone > NAME_LONGEST)
		return false;
	comment(exporting, "; block ", item);
	build_format(to, "%.*s CNAME .\n", (int)value.size, value.at);
	if (kind == INDICATOR_DOMAIN)
		build_format(to, "*.%.*s CNAME .\n", (int)value.size, value.at);
	return true;
}

const struct export_format export_rpz = { .name = "rpz", .pap = PAP_GREEN, .head = rpz_head, .value = rpz_value };
