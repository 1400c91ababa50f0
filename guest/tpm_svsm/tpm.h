/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers/char/tpm exports to the drivers of TPMs and declares in its own folder only. Within
 * the kernel's tree its own "tpm.h" takes the place of this file.
 */
#ifndef __TPM_H__
#define __TPM_H__

#include <linux/tpm.h>

struct tpm_chip *tpmm_chip_alloc(struct device *pdev, const struct tpm_class_ops *ops);
int tpm_chip_register(struct tpm_chip *chip);
void tpm_chip_unregister(struct tpm_chip *chip);
int tpm2_probe(struct tpm_chip *chip);

#endif
