// SPDX-License-Identifier: MIT
// P-256 as OpenSSL's own code computes it, in the place of P-256 by its numbers: the same points.
// Any other curve is what its numbers say.
#include "services/vtpm/curve.h"

#include <openssl/obj_mac.h>

#include "tests/unit/unit.h"

#define ROUNDS 50

struct numbers {
	BIGNUM *p, *a, *b, *x, *y, *order;
};

static struct numbers numbers_of(int name)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(name);
	struct numbers n = {BN_new(), BN_new(), BN_new(), BN_new(), BN_new(), BN_new()};

	assert_int_equal(EC_GROUP_get_curve(group, n.p, n.a, n.b, NULL), 1);
	assert_int_equal(EC_POINT_get_affine_coordinates(
				 group, EC_GROUP_get0_generator(group), n.x, n.y, NULL),
		1);
	assert_int_equal(EC_GROUP_get_order(group, n.order, NULL), 1);
	EC_GROUP_free(group);
	return n;
}

static void numbers_free(struct numbers *n)
{
	BIGNUM *all[] = {n->p, n->a, n->b, n->x, n->y, n->order};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		BN_free(all[i]);
}

// As libtpms does: the generator is set after the numbers.
static EC_GROUP *with_generator(EC_GROUP *group, const struct numbers *n)
{
	assert_non_null(group);
	EC_POINT *generator = EC_POINT_new(group);

	assert_int_equal(EC_POINT_set_affine_coordinates(group, generator, n->x, n->y, NULL), 1);
	assert_int_equal(EC_GROUP_set_generator(group, generator, n->order, BN_value_one()), 1);
	EC_POINT_free(generator);
	return group;
}

static EC_GROUP *own(const struct numbers *n)
{
	return with_generator(EC_GROUP_new_curve_GFp(n->p, n->a, n->b, NULL), n);
}

static EC_GROUP *plain(const struct numbers *n)
{
	return with_generator(__real_EC_GROUP_new_curve_GFp(n->p, n->a, n->b, NULL), n);
}

static BIGNUM *random_scalar(void)
{
	uint8_t bytes[32];

	unit_random_fill(bytes, sizeof(bytes));
	return BN_bin2bn(bytes, sizeof(bytes), NULL);
}

// The coordinates of scalar * generator, or of scalar * (other * generator), as text
static char *multiply(const EC_GROUP *group, const BIGNUM *scalar, const BIGNUM *other)
{
	EC_POINT *point = EC_POINT_new(group);
	EC_POINT *base = EC_POINT_new(group);

	if (other) {
		assert_int_equal(EC_POINT_mul(group, base, other, NULL, NULL, NULL), 1);
		assert_int_equal(EC_POINT_mul(group, point, NULL, base, scalar, NULL), 1);
	} else {
		assert_int_equal(EC_POINT_mul(group, point, scalar, NULL, NULL, NULL), 1);
	}
	char *text = EC_POINT_point2hex(group, point, POINT_CONVERSION_UNCOMPRESSED, NULL);

	EC_POINT_free(point);
	EC_POINT_free(base);
	return text;
}

static void same_product(
	const EC_GROUP *a, const EC_GROUP *b, const BIGNUM *scalar, const BIGNUM *other)
{
	char *one = multiply(a, scalar, other);
	char *two = multiply(b, scalar, other);

	assert_non_null(one);
	assert_string_equal(one, two);
	OPENSSL_free(one);
	OPENSSL_free(two);
}

static void test_p256(void **state)
{
	struct numbers n = numbers_of(NID_X9_62_prime256v1);
	EC_GROUP *fast = own(&n);
	EC_GROUP *slow = plain(&n);

	(void)state;
	assert_int_equal(EC_GROUP_get_curve_name(fast), NID_X9_62_prime256v1);
	assert_int_equal(EC_GROUP_get_curve_name(slow), NID_undef);
	for (int i = 0; i < ROUNDS; i++) {
		BIGNUM *scalar = random_scalar();
		BIGNUM *other = random_scalar();

		same_product(fast, slow, scalar, NULL);
		same_product(fast, slow, scalar, other);
		BN_free(scalar);
		BN_free(other);
	}
	EC_GROUP_free(fast);
	EC_GROUP_free(slow);
	numbers_free(&n);
}

// The first is gone when the second is used.
static void test_each_its_own(void **state)
{
	struct numbers n = numbers_of(NID_X9_62_prime256v1);
	EC_GROUP *first = own(&n);
	EC_GROUP *second = own(&n);

	(void)state;
	assert_ptr_not_equal(first, second);
	EC_GROUP_free(first);
	same_product(second, second, BN_value_one(), NULL);
	EC_GROUP_free(second);
	numbers_free(&n);
}

// Twice the generator: it is taken as it is said.
static void test_other_generator(void **state)
{
	struct numbers n = numbers_of(NID_X9_62_prime256v1);
	EC_GROUP *group = own(&n);
	EC_POINT *twice = EC_POINT_new(group);

	(void)state;
	assert_int_equal(EC_POINT_dbl(group, twice, EC_GROUP_get0_generator(group), NULL), 1);
	assert_int_equal(EC_POINT_get_affine_coordinates(group, twice, n.x, n.y, NULL), 1);
	EC_GROUP *fast = own(&n);
	EC_GROUP *slow = plain(&n);

	same_product(fast, slow, BN_value_one(), NULL);
	EC_POINT_free(twice);
	EC_GROUP_free(group);
	EC_GROUP_free(fast);
	EC_GROUP_free(slow);
	numbers_free(&n);
}

static void test_other_order(void **state)
{
	struct numbers n = numbers_of(NID_X9_62_prime256v1);

	(void)state;
	assert_int_equal(BN_sub_word(n.order, 2), 1);
	EC_GROUP *group = own(&n);

	assert_int_equal(BN_cmp(EC_GROUP_get0_order(group), n.order), 0);
	EC_GROUP_free(group);
	numbers_free(&n);
}

static void test_other_numbers(void **state)
{
	struct numbers n = numbers_of(NID_secp384r1);
	struct numbers m = numbers_of(NID_X9_62_prime256v1);
	BIGNUM *three = BN_new();

	(void)state;
	assert_int_equal(BN_set_word(three, 3), 1);
	const BIGNUM *const rows[][3] = {
		{n.p, n.a, n.b}, {m.p, m.a, three}, {m.p, three, m.b}, {n.p, m.a, m.b}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EC_GROUP *group = EC_GROUP_new_curve_GFp(rows[i][0], rows[i][1], rows[i][2], NULL);

		assert_non_null(group);
		assert_int_equal(EC_GROUP_get_curve_name(group), NID_undef);
		EC_GROUP_free(group);
	}
	BN_free(three);
	numbers_free(&n);
	numbers_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p256),
		cmocka_unit_test(test_each_its_own),
		cmocka_unit_test(test_other_generator),
		cmocka_unit_test(test_other_order),
		cmocka_unit_test(test_other_numbers),
	};

	return cmocka_run_group_tests_name("curve", tests, NULL, NULL);
}
