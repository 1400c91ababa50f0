// SPDX-License-Identifier: MIT
/*
 * What takes a TPM seconds is looking for the primes of an RSA key: modular exponentiations, one
 * after the other, some milliseconds each, and in between no system call at which the kernel could
 * stop for the guest's interrupts. The linker's --wrap gives it one, for libtpms (BN_mod_exp) and
 * for OpenSSL's own search and the private RSA operations (BN_mod_exp_mont).
 */
#include <openssl/bn.h>

#include "services/lib/service.h"

#define MOD_EXP BIGNUM *r, const BIGNUM *a, const BIGNUM *p, const BIGNUM *m, BN_CTX *ctx

int __real_BN_mod_exp(MOD_EXP);
int __wrap_BN_mod_exp(MOD_EXP);
int __real_BN_mod_exp_mont(MOD_EXP, BN_MONT_CTX *mont);
int __wrap_BN_mod_exp_mont(MOD_EXP, BN_MONT_CTX *mont);

int __wrap_BN_mod_exp(MOD_EXP)
{
	service_yield();
	return __real_BN_mod_exp(r, a, p, m, ctx);
}

int __wrap_BN_mod_exp_mont(MOD_EXP, BN_MONT_CTX *mont)
{
	service_yield();
	return __real_BN_mod_exp_mont(r, a, p, m, ctx, mont);
}
