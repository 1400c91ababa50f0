// SPDX-License-Identifier: MIT
#ifndef SERVICES_VTPM_CURVE_H
#define SERVICES_VTPM_CURVE_H

#include <openssl/bn.h>
#include <openssl/ec.h>

// The linker's names (ld --wrap): who calls EC_GROUP_new_curve_GFp() comes to the first, and the
// other is OpenSSL's.
EC_GROUP *__wrap_EC_GROUP_new_curve_GFp(
	const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx);
EC_GROUP *__real_EC_GROUP_new_curve_GFp(
	const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx);
int __wrap_EC_GROUP_set_generator(
	EC_GROUP *group, const EC_POINT *generator, const BIGNUM *order, const BIGNUM *cofactor);
int __real_EC_GROUP_set_generator(
	EC_GROUP *group, const EC_POINT *generator, const BIGNUM *order, const BIGNUM *cofactor);

#endif
