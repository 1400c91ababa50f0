// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vTPM of an SVSM as a TPM of Linux.
 *
 * A guest of SEV-SNP may run under a Secure VM Service Module (SVSM), which can serve it a TPM 2.0:
 * the vTPM protocol of "Secure VM Service Module for SEV-SNP Guests", AMD document 58019,
 * section 8. The platform code asks for that protocol, registers the device "tpm-svsm" when it is
 * there, and exports the call. Command and response share one page; the response is there when the
 * call returns.
 *
 * Interrupts are off during a call, and a call that the SVSM has not finished is repeated without
 * letting one in. An RSA key may take seconds. So where the SVSM has it, another platform command
 * is used: SEND_IN_STEPS returns when some milliseconds are over, and is called again for the rest.
 */

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tpm_svsm.h>
#include <linux/types.h>

#include <asm/sev.h>

#include "tpm.h"

/* The only one that the protocol has. */
#define SVSM_VTPM_LOCALITY 0

/* Platform command of Copra's: sizes and a locality as with TPM_SEND_COMMAND. */
#define SVSM_VTPM_SEND_IN_STEPS 63

static bool steps = true;
module_param(steps, bool, 0644);
MODULE_PARM_DESC(steps, "Let interrupts in during a long command, if the SVSM can (default: yes)");

/**
 * struct svsm_vtpm_step_request - Structure for the rest of a SEND_IN_STEPS request
 * @cmd:	The command to send (must be SEND_IN_STEPS)
 * @locality:	The locality
 * @buf_size:	Zero: no new command follows
 * @ticket:	The command to go on with, from the response
 */
struct svsm_vtpm_step_request {
	u32 cmd;
	u8 locality;
	u32 buf_size;
	u64 ticket;
} __packed;

/**
 * struct svsm_vtpm_step_response - Structure for a SEND_IN_STEPS response without the TPM's
 * @buf_size:	Zero: the command is not finished
 * @ticket:	What to go on with; zero: the command has not begun
 */
struct svsm_vtpm_step_response {
	u32 buf_size;
	u64 ticket;
} __packed;

/*
 * The page of the chip is used under the lock of the TPM core, which sends one command at a time.
 * It is a page of its own: the core's buffer need not be contiguous for the SVSM.
 */
struct tpm_svsm_priv {
	void *page;
	bool has_steps;
};

/* Goes on with a command. A ticket of zero asks whether there are steps, and does nothing. */
static int tpm_svsm_resume(void *page, u64 ticket)
{
	struct svsm_vtpm_step_request *req = page;

	req->cmd = SVSM_VTPM_SEND_IN_STEPS;
	req->locality = SVSM_VTPM_LOCALITY;
	req->buf_size = 0;
	req->ticket = ticket;
	return snp_svsm_vtpm_send_command(page);
}

static int tpm_svsm_begin(void *page, const u8 *buf, size_t cmd_len, bool in_steps)
{
	struct svsm_vtpm_cmd_request *req = page;
	int ret;

	ret = svsm_vtpm_cmd_request_fill(req, SVSM_VTPM_LOCALITY, buf, cmd_len);
	if (ret)
		return ret;

	if (in_steps)
		req->cmd = SVSM_VTPM_SEND_IN_STEPS;
	return snp_svsm_vtpm_send_command(page);
}

/* The page holds the response afterwards. */
static int tpm_svsm_run(struct tpm_svsm_priv *priv, const u8 *buf, size_t cmd_len)
{
	const struct svsm_vtpm_step_response *resp = priv->page;
	bool in_steps = priv->has_steps && READ_ONCE(steps);
	int ret;

	ret = tpm_svsm_begin(priv->page, buf, cmd_len, in_steps);
	while (in_steps && !ret && !resp->buf_size) {
		cond_resched();
		if (resp->ticket)
			ret = tpm_svsm_resume(priv->page, resp->ticket);
		else
			ret = tpm_svsm_begin(priv->page, buf, cmd_len, in_steps);
	}
	return ret;
}

static int tpm_svsm_send(struct tpm_chip *chip, u8 *buf, size_t bufsiz, size_t cmd_len)
{
	struct tpm_svsm_priv *priv = dev_get_drvdata(&chip->dev);
	int ret;

	ret = tpm_svsm_run(priv, buf, cmd_len);
	if (!ret)
		ret = svsm_vtpm_cmd_response_parse(priv->page, buf, bufsiz);

	/* Commands carry passwords, responses carry secrets. */
	memzero_explicit(priv->page, SVSM_VTPM_MAX_BUFFER);
	return ret;
}

static const struct tpm_class_ops tpm_svsm_ops = {
	.flags = TPM_OPS_AUTO_STARTUP,
	.send = tpm_svsm_send,
};

static int tpm_svsm_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct tpm_svsm_priv *priv;
	struct tpm_chip *chip;
	int ret;

	BUILD_BUG_ON(SVSM_VTPM_MAX_BUFFER > PAGE_SIZE);

	priv = devm_kzalloc(dev, sizeof(*priv), GFP_KERNEL);
	if (!priv)
		return -ENOMEM;

	priv->page = (void *)devm_get_free_pages(dev, GFP_KERNEL | __GFP_ZERO, 0);
	if (!priv->page)
		return -ENOMEM;

	/* Other SVSMs refuse a platform command that they do not know. */
	priv->has_steps = !tpm_svsm_resume(priv->page, 0);

	chip = tpmm_chip_alloc(dev, &tpm_svsm_ops);
	if (IS_ERR(chip))
		return PTR_ERR(chip);

	dev_set_drvdata(&chip->dev, priv);
	chip->flags |= TPM_CHIP_FLAG_SYNC;

	ret = tpm2_probe(chip);
	if (ret)
		return ret;
	if (!(chip->flags & TPM_CHIP_FLAG_TPM2))
		return dev_err_probe(
			dev, -ENODEV, "the SVSM's vTPM does not answer as a TPM 2.0\n");

	return tpm_chip_register(chip);
}

static void tpm_svsm_remove(struct platform_device *pdev)
{
	tpm_chip_unregister(platform_get_drvdata(pdev));
}

static struct platform_driver tpm_svsm_driver = {
	.probe = tpm_svsm_probe,
	.remove = tpm_svsm_remove,
	.driver =
		{
			.name = "tpm-svsm",
		},
};
module_platform_driver(tpm_svsm_driver);

MODULE_DESCRIPTION("vTPM of an AMD SEV-SNP Secure VM Service Module");
MODULE_LICENSE("GPL");
MODULE_ALIAS("platform:tpm-svsm");
