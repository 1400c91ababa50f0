// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vTPM of an SVSM as a TPM of Linux.
 *
 * A guest of SEV-SNP may run under a Secure VM Service Module (SVSM), which can serve it a TPM 2.0:
 * the vTPM protocol of "Secure VM Service Module for SEV-SNP Guests", AMD document 58019, section 8.
 * The platform code asks for that protocol, registers the device "tpm-svsm" when it is there, and
 * exports the call. Command and response share one page; the response is there when the call returns.
 */

#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/tpm_svsm.h>

#include <asm/sev.h>

#include "tpm.h"

/* The only one that the protocol has. */
#define SVSM_VTPM_LOCALITY	0

/*
 * The page of the chip is used under the lock of the TPM core, which sends one command at a time. It
 * is a page of its own: the core's buffer need not be contiguous for the SVSM.
 */
static int tpm_svsm_send(struct tpm_chip *chip, u8 *buf, size_t bufsiz, size_t cmd_len)
{
	void *page = dev_get_drvdata(&chip->dev);
	int ret;

	ret = svsm_vtpm_cmd_request_fill(page, SVSM_VTPM_LOCALITY, buf, cmd_len);
	if (ret)
		return ret;

	ret = snp_svsm_vtpm_send_command(page);
	if (!ret)
		ret = svsm_vtpm_cmd_response_parse(page, buf, bufsiz);

	/* Commands carry passwords, responses carry secrets. */
	memzero_explicit(page, SVSM_VTPM_MAX_BUFFER);
	return ret;
}

static const struct tpm_class_ops tpm_svsm_ops = {
	.flags = TPM_OPS_AUTO_STARTUP,
	.send = tpm_svsm_send,
};

static int tpm_svsm_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct tpm_chip *chip;
	void *page;
	int ret;

	BUILD_BUG_ON(SVSM_VTPM_MAX_BUFFER > PAGE_SIZE);

	page = (void *)devm_get_free_pages(dev, GFP_KERNEL | __GFP_ZERO, 0);
	if (!page)
		return -ENOMEM;

	chip = tpmm_chip_alloc(dev, &tpm_svsm_ops);
	if (IS_ERR(chip))
		return PTR_ERR(chip);

	dev_set_drvdata(&chip->dev, page);
	chip->flags |= TPM_CHIP_FLAG_SYNC;

	ret = tpm2_probe(chip);
	if (ret)
		return ret;
	if (!(chip->flags & TPM_CHIP_FLAG_TPM2))
		return dev_err_probe(dev, -ENODEV, "the SVSM's vTPM does not answer as a TPM 2.0\n");

	return tpm_chip_register(chip);
}

static void tpm_svsm_remove(struct platform_device *pdev)
{
	tpm_chip_unregister(platform_get_drvdata(pdev));
}

static struct platform_driver tpm_svsm_driver = {
	.probe = tpm_svsm_probe,
	.remove = tpm_svsm_remove,
	.driver = {
		.name = "tpm-svsm",
	},
};
module_platform_driver(tpm_svsm_driver);

MODULE_DESCRIPTION("vTPM of an AMD SEV-SNP Secure VM Service Module");
MODULE_LICENSE("GPL");
MODULE_ALIAS("platform:tpm-svsm");
