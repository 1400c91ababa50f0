// SPDX-License-Identifier: MIT
#include "tools/igvm/boot_vmsa.h"

#include "hw/x86.h"

// Segment attributes in the 12 bits of a VMSA: type, S, DPL, P, then AVL, L, D, G.
#define ATTRIBUTES_CODE32 0xc9b
#define ATTRIBUTES_DATA32 0xc93
#define ATTRIBUTES_TSS	  0x08b
#define ATTRIBUTES_LDT	  0x082

static struct vmcb_seg flat(uint16_t selector, uint16_t attributes)
{
	return (struct vmcb_seg){.selector = selector, .attrib = attributes, .limit = 0xffffffff};
}

void boot_vmsa_make(const struct region *region, struct vmsa *vmsa)
{
	*vmsa = (struct vmsa){
		.cs = flat(0x08, ATTRIBUTES_CODE32),
		.ds = flat(0x10, ATTRIBUTES_DATA32),
		.es = flat(0x10, ATTRIBUTES_DATA32),
		.fs = flat(0x10, ATTRIBUTES_DATA32),
		.gs = flat(0x10, ATTRIBUTES_DATA32),
		.ss = flat(0x10, ATTRIBUTES_DATA32),
		.gdtr = {.limit = 0xffff},
		.idtr = {.limit = 0xffff},
		.ldtr = {.attrib = ATTRIBUTES_LDT, .limit = 0xffff},
		.tr = {.attrib = ATTRIBUTES_TSS, .limit = 0xffff},
		.efer = EFER_SVME,
		.cr0 = CR0_PE | CR0_ET | CR0_NE,
		.cr4 = CR4_PAE | CR4_MCE,
		.dr6 = 0xffff0ff0,
		.dr7 = 0x400,
		.rflags = 2,
		.rip = region->entry_gpa,
		.rsi = region->boot_info_gpa,
		.g_pat = 0x0007040600070406,
		.xcr0 = 1,
		.mxcsr = 0x1f80,
		.x87_fcw = 0x37f,
		.sev_features = SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJECTION |
				SEV_FEATURE_DEBUG_SWAP,
	};
}
