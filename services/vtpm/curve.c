// SPDX-License-Identifier: MIT
/*
 * libtpms describes a curve to OpenSSL by its numbers each time that it needs one, and OpenSSL then
 * computes as with a curve that nobody knows: five million instructions for one multiplication. For
 * P-256 it has code of its own, constant in time as well, with a tenth of them. --wrap brings the
 * description here, and the curve of these numbers is handed out.
 */
#include "services/vtpm/curve.h"

#include <openssl/obj_mac.h>

#include "lib/util.h"

struct known_curve {
	EC_GROUP *group;
	BIGNUM *prime;
	BIGNUM *a;
	BIGNUM *b;
};

static bool curve_know(struct known_curve *curve)
{
	curve->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	curve->prime = BN_new();
	curve->a = BN_new();
	curve->b = BN_new();
	return curve->group && curve->prime && curve->a && curve->b &&
	       EC_GROUP_get_curve(curve->group, curve->prime, curve->a, curve->b, NULL) == 1;
}

// NULL without memory: then the numbers are as good. OpenSSL may itself come here meanwhile, with
// the numbers of a curve that it has no code for.
static const struct known_curve *p256(void)
{
	static struct known_curve curve;
	static bool asked;
	static bool known;

	if (!asked) {
		asked = true;
		known = curve_know(&curve);
	}
	return known ? &curve : NULL;
}

EC_GROUP *__wrap_EC_GROUP_new_curve_GFp(
	const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	const struct known_curve *curve = p256();

	if (curve && BN_cmp(p, curve->prime) == 0 && BN_cmp(a, curve->a) == 0 &&
		BN_cmp(b, curve->b) == 0)
		return EC_GROUP_dup(curve->group);
	return __real_EC_GROUP_new_curve_GFp(p, a, b, ctx);
}

static bool is_its_own(const EC_GROUP *group, const EC_POINT *generator, const BIGNUM *order,
	const BIGNUM *cofactor)
{
	const EC_POINT *own = EC_GROUP_get0_generator(group);

	return own && generator && order && cofactor &&
	       EC_POINT_cmp(group, generator, own, NULL) == 0 &&
	       BN_cmp(order, EC_GROUP_get0_order(group)) == 0 &&
	       BN_cmp(cofactor, EC_GROUP_get0_cofactor(group)) == 0;
}

// The same generator again, which libtpms sets each time: OpenSSL would compute the same constants
// once more, for as long as the multiplication takes.
int __wrap_EC_GROUP_set_generator(
	EC_GROUP *group, const EC_POINT *generator, const BIGNUM *order, const BIGNUM *cofactor)
{
	if (is_its_own(group, generator, order, cofactor))
		return 1;
	return __real_EC_GROUP_set_generator(group, generator, order, cofactor);
}
