/*
 * Lists of revoked certificates; see parcel_revoked.h. Called by parcel_cms.c.
 */
#include "intel/parcel_revoked.h"

#include "base/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LARGEST (64u << 20)

struct parcel_revoked {
	STACK_OF(X509_CRL) * lists;
};

/* By name and signature. What the authority's certificate says of its use is not asked: those that the centre made
 * before it made lists do not say cRLSign, and whoever has the key could sign other certificates just as well. */
static bool is_signed(X509_CRL *list, X509_STORE *authorities)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(authorities);
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
		if (one && X509_NAME_cmp(X509_get_subject_name(one), X509_CRL_get_issuer(list)) == 0 &&
		    X509_CRL_verify(list, X509_get0_pubkey(one)) == 1)
			return true;
	}
	return false;
}

static enum error read_lists(
    const char *path, BIO *from, X509_STORE *authorities, struct parcel_revoked *revoked, struct failure *failure)
{
	X509_CRL *list;
	enum error error = OK;
	while (!error && (list = PEM_read_bio_X509_CRL(from, NULL, NULL, NULL))) {
		if (!is_signed(list, authorities))
			error = fail(failure, ERROR_INPUT, "%s: a list is signed by none of the authorities", path);
		else if (X509_CRL_get_ext_by_critical(list, 1, -1) >= 0)
			error =
			    fail(failure, ERROR_INPUT, "%s: a list of a part of the certificates is not read", path);
		else if (!sk_X509_CRL_push(revoked->lists, list))
			error = fail(failure, ERROR_MEMORY, "no memory for lists of certificates");
		if (error)
			X509_CRL_free(list);
	}
	if (!error && sk_X509_CRL_num(revoked->lists) == 0)
		error = fail(failure, ERROR_INPUT, "%s: lists of revoked certificates in PEM were expected", path);
	return error;
}

enum error parcel_revoked_read(
    const char *path, X509_STORE *authorities, struct parcel_revoked **read, struct failure *failure)
{
	char *at;
	size_t size;
	enum error error = file_read(path, FILE_LARGEST, &at, &size, failure);
	if (error)
		return error;
	struct parcel_revoked *revoked = calloc(1, sizeof *revoked);
	BIO *from = BIO_new_mem_buf(at, (int)size);
	if (!revoked || !from || !(revoked->lists = sk_X509_CRL_new_null()))
		error = fail(failure, ERROR_MEMORY, "no memory for lists of certificates");
	if (!error)
		error = read_lists(path, from, authorities, revoked, failure);
	BIO_free(from);
	free(at);
	ERR_clear_error();
	if (error)
		parcel_revoked_free(revoked);
	else
		*read = revoked;
	return error;
}

void parcel_revoked_free(struct parcel_revoked *revoked)
{
	if (!revoked)
		return;
	sk_X509_CRL_pop_free(revoked->lists, X509_CRL_free);
	free(revoked);
}

enum error parcel_revoked_check(
    const struct parcel_revoked *revoked, X509 *certificate, const char *who, nanoseconds now, struct failure *failure)
{
	time_t seconds = (time_t)(now / SECOND);
	bool asked = false;
	for (int i = 0; i < sk_X509_CRL_num(revoked->lists); i++) {
		X509_CRL *list = sk_X509_CRL_value(revoked->lists, i);
		X509_REVOKED *entry;
		if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) != 0)
			continue;
		/* Also an old list is right about what it says. */
		if (X509_CRL_get0_by_cert(list, &entry, certificate) == 1)
			return fail(failure, ERROR_DENIED, "%s: the certificate was revoked", who);
		const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
		asked |= next && X509_cmp_time(next, &seconds) > 0;
	}
	return asked ? OK
		     : fail(failure, ERROR_DENIED,
			   "%s: there is no list of its authority's revoked certificates, or none of today", who);
}
