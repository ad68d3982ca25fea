/*
 * Sensors that send what their organisation's capture policy forbids: noted in the store, and said to the organisation
 * once for each sensor, as a bulletin.
 */
#include "base/log.h"
#include "center/keeper.h"

#include <stdio.h>

static enum error tell(
    struct keeper *keeper, const struct work *work, const struct capture_dropped *dropped, struct failure *failure)
{
	struct sensor sensor;
	char ja[1024], en[1024];
	enum error error = store_sensor_get(keeper->store, work->scope, dropped->sensor, &sensor, failure);
	if (error != OK)
		return error;
	struct bulletin bulletin = { .organisation = dropped->organisation,
		.kind = "capture",
		.tlp = TLP_AMBER,
		.created = dropped->last,
		.body_ja = ja,
		.body_en = en };
	snprintf(bulletin.subject_ja, sizeof bulletin.subject_ja,
	    "センサー %.60s が取得ポリシーで認められていない内容を送信しました", sensor.name);
	snprintf(bulletin.subject_en, sizeof bulletin.subject_en, "Sensor %.60s sent what the capture policy forbids",
	    sensor.name);
	snprintf(ja, sizeof ja,
	    "センターは、センサー %s から届いた %llu 項目を、保存する前に取り除きました。\n"
	    "組織側のエージェントが古いか、別のプログラムが直接送信している可能性があります。エージェントを更新してくだ"
	    "さい。\n"
	    "取得ポリシー: %s/capture-policy?organisation=%u\n",
	    sensor.name, (unsigned long long)dropped->fields, keeper->public_url, dropped->organisation);
	snprintf(en, sizeof en,
	    "The centre dropped %llu fields that came from the sensor %s before anything was stored.\n"
	    "Its agent is an old one, or another program sends by itself: please update it.\n"
	    "The capture policy: %s/capture-policy?organisation=%u\n",
	    (unsigned long long)dropped->fields, sensor.name, keeper->public_url, dropped->organisation);
	log_write(LOG_WARNING, "a sensor sends what its organisation's capture policy forbids: it is dropped",
	    LOG_FIELD_STRING("sensor", sensor.name), LOG_FIELD_NUMBER("organisation", dropped->organisation),
	    LOG_FIELD_NUMBER("fields", dropped->fields));
	return store_bulletin_put(keeper->store, work->scope, &bulletin, failure);
}

enum error capture_note_dropped(
    struct keeper *keeper, const struct work *work, const struct capture_dropped *dropped, struct failure *failure)
{
	bool first = false;
	enum error error = store_capture_dropped_add(keeper->store, work->scope, dropped, &first, failure);
	return error == OK && first ? tell(keeper, work, dropped, failure) : error;
}
