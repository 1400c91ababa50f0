// SPDX-License-Identifier: MIT
/*
 * The firmware's check of CPUID values. Source: AMD document 56860, sections 7.1 (MSG_CPUID_REQ)
 * and 8.17 (CPUID pages); which field is checked how is said in the processor's PPR. Here: feature
 * bits may be hidden by the host but not invented, layouts (XSAVE components, C-bit) are the
 * silicon's, everything else (topology, caches, names, hypervisor leaves) is the host's business.
 */
#include "machine/psp/silicon.h"
#include "machine/psp/state.h"

static struct cpuid_regs policy_7(struct cpuid_regs host, struct cpuid_regs chip)
{
	host.ebx &= chip.ebx;
	host.ecx &= chip.ecx;
	host.edx &= chip.edx;
	return host;
}

static struct cpuid_regs policy_d(uint32_t sub, struct cpuid_regs host, struct cpuid_regs chip)
{
	if (sub > 1)
		return chip;
	host.eax &= chip.eax;
	if (sub == 0)
		host.edx &= chip.edx;
	return host;
}

static struct cpuid_regs policy_80000008(struct cpuid_regs host, struct cpuid_regs chip)
{
	if ((host.eax & 0xff) > (chip.eax & 0xff))
		host.eax = (host.eax & ~0xffu) | (chip.eax & 0xff);
	host.ebx &= chip.ebx;
	return host;
}

static struct cpuid_regs policy_8000001f(struct cpuid_regs host, struct cpuid_regs chip)
{
	host.eax &= chip.eax;
	host.ebx = chip.ebx;
	return host;
}

struct cpuid_regs psp_cpuid_policy(uint32_t leaf, uint32_t sub, struct cpuid_regs host)
{
	struct cpuid_regs chip = psp_cpuid_silicon(leaf, sub);

	switch (leaf) {
	case 1:
		host.ecx &= chip.ecx | CPUID_1_ECX_HYPERVISOR;
		host.edx &= chip.edx;
		return host;
	case 7:
		return policy_7(host, chip);
	case 0xd:
		return policy_d(sub, host, chip);
	case 0x80000001:
		host.ecx &= chip.ecx;
		host.edx &= chip.edx;
		return host;
	case 0x80000008:
		return policy_80000008(host, chip);
	case 0x8000001f:
		return policy_8000001f(host, chip);
	default:
		return host;
	}
}

static bool entry_check(struct snp_cpuid_entry *entry)
{
	struct cpuid_regs host = {entry->eax, entry->ebx, entry->ecx, entry->edx};
	struct cpuid_regs good = psp_cpuid_policy(entry->eax_in, entry->ecx_in, host);

	entry->eax = good.eax;
	entry->ebx = good.ebx;
	entry->ecx = good.ecx;
	entry->edx = good.edx;
	return good.eax == host.eax && good.ebx == host.ebx && good.ecx == host.ecx &&
	       good.edx == host.edx;
}

bool psp_cpuid_check(struct snp_cpuid_entry *entries, uint32_t count)
{
	bool good = true;

	for (uint32_t i = 0; i < count; i++)
		good &= entry_check(&entries[i]);
	return good;
}

// MSG_CPUID_REQ has the layout of a CPUID page; so has the answer, with a status in front.
uint16_t psp_cpuid_message(uint8_t vmpck, struct bytes payload, uint8_t *answer)
{
	const size_t head = offsetof(struct snp_cpuid_page, entry);
	struct snp_cpuid_entry *entries = (struct snp_cpuid_entry *)(answer + head);
	uint32_t status = SNP_MSG_SUCCESS, count = 0;

	(void)vmpck; // any level may ask
	if (!get_le32(payload, 0, &count) || count > SNP_CPUID_ENTRIES_MAX ||
		!bytes_read(payload, head, entries, count * sizeof(*entries))) {
		status = SNP_MSG_INVALID_PARAM;
		count = 0;
	} else if (!psp_cpuid_check(entries, count)) {
		status = SNP_MSG_INVALID_PARAM; // with the corrected values
	}
	memcpy(answer, &status, sizeof(status));
	memcpy(answer + sizeof(status), &count, sizeof(count));
	return (uint16_t)(head + count * sizeof(*entries));
}
