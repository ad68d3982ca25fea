/*
 * Sealed files of the exchange: a sender makes some, a recipient takes them. After the cut the sender has every file
 * that it said it made, whole, under its name or due to get it, and goes on with a number that was never given; the
 * recipient has what it said it took, and taking everything once more comes to the same.
 */
#include "kinds.h"

#include "intel/parcel_take.h"
#include "intel/parcel_write.h"

#include <dirent.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS 2
#define OBJECT                                                                                                         \
	"{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--11111111-2222-4333-8444-%012d\","        \
	"\"created\":\"2026-01-01T00:"                                                                                 \
	"00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\",\"pattern\":\"[domain-name:value = "                           \
	"'x.example']\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\"}"

static char *in(const char *folder, const char *name)
{
	static char paths[8][300];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

/* The same in every process, so that what one sealed another opens; nobody's. */
static EVP_PKEY *make_key(void)
{
	static const uint8_t scalar[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	uint8_t point[65];
	EVP_PKEY *key = NULL;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *public = EC_POINT_new(group);
	BIGNUM *number = BN_bin2bn(scalar, sizeof scalar, NULL);
	EC_POINT_mul(group, public, number, NULL, NULL, NULL);
	EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY_fromdata_init(context);
	assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters), 1);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	BN_free(number);
	EC_POINT_free(public);
	EC_GROUP_free(group);
	return key;
}

/* Each process signs its own, with other bytes: so it is the authority's name and key that are trusted (of version 1,
 * which needs no extension to be an authority). */
static void write_certificate(FILE *file, EVP_PKEY *key, const char *name)
{
	X509 *made = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(made), 7);
	ASN1_TIME_set(X509_getm_notBefore(made), (time_t)(START / SECOND) - 60);
	ASN1_TIME_set(X509_getm_notAfter(made), (time_t)(START / SECOND) + 3600);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(made), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_NAME_add_entry_by_txt(
	    X509_get_issuer_name(made), "CN", MBSTRING_UTF8, (const unsigned char *)"authority", -1, -1, 0);
	X509_set_pubkey(made, key);
	assert_true(X509_sign(made, key, EVP_sha256()) > 0);
	PEM_write_X509(file, made);
	X509_free(made);
}

static void write_pem(const char *path, const char *name)
{
	EVP_PKEY *key = make_key();
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fchmod(fileno(file), 0600);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	write_certificate(file, key, name);
	assert_int_equal(fclose(file), 0);
	EVP_PKEY_free(key);
}

/* Sender and recipient are one; the files lie beside the folder: they are not what is being tested. */
static struct parcel_cms *open_cms(const char *folder, bool sends)
{
	static char path[300], authority[300];
	struct failure failure = { 0 };
	struct parcel_cms *cms = NULL;
	snprintf(path, sizeof path, "%s.pem", folder);
	snprintf(authority, sizeof authority, "%s.authority", folder);
	write_pem(path, "gate");
	write_pem(authority, "authority");
	struct parcel_parties parties = { .key = path,
		.certificate = path,
		.other = sends ? path : NULL,
		.authority = sends ? NULL : authority,
		.from = sends ? NULL : "gate" };
	if (parcel_cms_open(&parties, &cms, &failure) != OK)
		fail_msg("%s", failure.words);
	return cms;
}

static enum error send_one(
    const char *folder, const struct parcel_cms *cms, const char *chain, uint64_t *number, struct failure *failure)
{
	char object[600];
	unsigned files;
	struct parcel_writer *writer;
	const struct parcel_writing how = {
		.cms = cms, .chain = chain, .folder = in(folder, "disc"), .volume = PARCEL_VOLUME, .now = START
	};
	enum error error = parcel_writer_open(&how, &writer, failure);
	if (error)
		return error;
	json_t *sources = parcel_writer_sources(writer);
	int next = (int)json_integer_value(json_object_get(sources, "sent")) + 1;
	*number = 0;
	if (next <= ROUNDS) {
		json_object_set_new(sources, "sent", json_integer(next));
		snprintf(object, sizeof object, OBJECT, next);
		error = parcel_write(writer, PARCEL_OBJECT, text_of(object), TEXT_NONE, failure);
		if (!error)
			error = parcel_writer_commit(writer, number, &files, failure);
	}
	parcel_writer_free(writer);
	return error;
}

static void tell(void *context, const char *path, const struct parcel_head *head, enum parcel_place place,
    const struct failure *failure)
{
	(void)context;
	(void)head;
	(void)place;
	if (failure)
		fail_msg("%s: %s: %s", powercut_where(), path, failure->words);
}

static enum error take_all(const char *folder, const struct parcel_cms *cms, const char *into, struct parcel_took *took,
    struct failure *failure)
{
	static char names[ROUNDS + 2][300];
	char *paths[ROUNDS + 2];
	unsigned count = 0;
	const struct parcel_taking how = { .cms = cms, .folder = into, .now = START, .tell = tell };
	DIR *disc = opendir(in(folder, "disc"));
	for (struct dirent *entry; disc && (entry = readdir(disc)) && count < ROUNDS + 2;)
		if (text_ends(text_of(entry->d_name), TEXT(".p7m"))) {
			snprintf(names[count], sizeof names[0], "%s/disc/%.100s", folder, entry->d_name);
			paths[count] = names[count];
			count++;
		}
	if (disc)
		closedir(disc);
	return parcel_take(&how, paths, count, took, failure);
}

static bool work(const char *folder)
{
	struct parcel_cms *sends = open_cms(folder, true), *takes = open_cms(folder, false);
	struct failure failure;
	struct parcel_took took;
	uint64_t number = 1;
	bool done = directory_make(in(folder, "disc"), 0700, &failure) == OK;
	while (done && number) {
		done = send_one(folder, sends, in(folder, "chain"), &number, &failure) == OK;
		if (done && number)
			mark("made %d", (int)number);
		done = done && take_all(folder, takes, in(folder, "in"), &took, &failure) == OK;
		if (done)
			mark("taken %d", (int)took.next - 1);
	}
	parcel_cms_free(sends);
	parcel_cms_free(takes);
	return done;
}

static void check(const char *folder, const struct marks *marks)
{
	struct parcel_cms *sends = open_cms(folder, true), *takes = open_cms(folder, false);
	struct parcel_took took = { 0 };
	uint64_t number = 1, last = 0, made = marked_number(marks, "made "), taken = marked_number(marks, "taken ");
	FINE(directory_make(in(folder, "disc"), 0700, &failure));
	/* The recipient knows of all that it said it took; a disc that is copied anew changes nothing. */
	FINE(take_all(folder, takes, in(folder, "in"), &took, &failure));
	assert_true(took.next > taken);
	/* The sender goes on to the end; nothing of what it makes is another file of a number that was taken. */
	while (number) {
		FINE(send_one(folder, sends, in(folder, "chain"), &number, &failure));
		assert_true(number == 0 || number > made);
		last = number ? number : last;
	}
	FINE(take_all(folder, takes, in(folder, "in"), &took, &failure));
	assert_int_equal(took.next, ROUNDS + 1);
	FINE(take_all(folder, takes, in(folder, "again"), &took, &failure));
	assert_int_equal(took.objects, ROUNDS);
	parcel_cms_free(sends);
	parcel_cms_free(takes);
}

const struct powercut_kind kind_parcel = { "parcel", work, check, .cuts = 2, .faults = 4 };
