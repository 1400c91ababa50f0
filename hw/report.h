// SPDX-License-Identifier: MIT
/*
 * SEV-SNP guest messages and the attestation report. Source: SEV Secure Nested Paging Firmware ABI
 * (AMD document 56860), section 7 and 8.26 (messages), table "ATTESTATION_REPORT" (version 3: with
 * family, model, stepping of the processor). Little-endian; the signature covers what stands before
 * it.
 */
#ifndef HW_REPORT_H
#define HW_REPORT_H

#include "hw/assert.h"

// r and s of an ECDSA P-384 signature, little-endian, padded with zeros; also x and y of a key
#define SNP_ECDSA_PART 72

struct __attribute__((packed)) snp_signature {
	uint8_t r[SNP_ECDSA_PART];
	uint8_t s[SNP_ECDSA_PART];
	uint8_t reserved_090[512 - 2 * SNP_ECDSA_PART];
};
ASSERT_SIZE(struct snp_signature, 512);

#define SNP_ALGO_ECDSA_P384_SHA384 1
#define SNP_CURVE_P384		   2

struct __attribute__((packed)) snp_public_key {
	uint32_t curve;
	uint8_t x[SNP_ECDSA_PART];
	uint8_t y[SNP_ECDSA_PART];
	uint8_t reserved_094[0x404 - 4 - 2 * SNP_ECDSA_PART];
};
ASSERT_SIZE(struct snp_public_key, 0x404);

// What the guest's owner signs: SNP_LAUNCH_FINISH, tables "ID_BLOCK" and "ID_AUTH_INFO"
struct __attribute__((packed)) snp_id_block {
	uint8_t launch_digest[48];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t version; // 1
	uint32_t guest_svn;
	uint64_t policy;
};
ASSERT_SIZE(struct snp_id_block, 96);
ASSERT_OFFSET(struct snp_id_block, version, 0x50);
ASSERT_OFFSET(struct snp_id_block, policy, 0x58);

struct __attribute__((packed)) snp_id_auth {
	uint32_t id_key_algo;
	uint32_t author_key_algo;
	uint8_t reserved_008[0x38];
	struct snp_signature id_block_signature; // of the ID block, by the ID key
	struct snp_public_key id_key;
	uint8_t reserved_644[0x3c];
	struct snp_signature id_key_signature; // of id_key, by the author key
	struct snp_public_key author_key;
	uint8_t reserved_c84[0x1000 - 0xc84];
};
ASSERT_SIZE(struct snp_id_auth, 4096);
ASSERT_OFFSET(struct snp_id_auth, id_block_signature, 0x40);
ASSERT_OFFSET(struct snp_id_auth, id_key, 0x240);
ASSERT_OFFSET(struct snp_id_auth, id_key_signature, 0x680);
ASSERT_OFFSET(struct snp_id_auth, author_key, 0x880);

// TCB_VERSION of processors before family 1Ah: security version numbers, one byte each
#define SNP_TCB(microcode, snp, tee, boot_loader)                                                  \
	((uint64_t)(microcode) << 56 | (uint64_t)(snp) << 48 | (uint64_t)(tee) << 8 | (boot_loader))

#define SNP_REPORT_VERSION 3

struct __attribute__((packed)) snp_report {
	uint32_t version;
	uint32_t guest_svn;
	uint64_t policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t vmpl;
	uint32_t signature_algo;
	uint64_t current_tcb;
	uint64_t platform_info; // SNP_PLATFORM_*
	uint32_t flags;		// SNP_REPORT_*
	uint32_t reserved_04c;
	uint8_t report_data[64];
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];
	uint64_t reported_tcb;
	uint8_t cpuid_family;
	uint8_t cpuid_model;
	uint8_t cpuid_stepping;
	uint8_t reserved_18b[0x1a0 - 0x18b];
	uint8_t chip_id[64];
	uint64_t committed_tcb;
	uint8_t current_build;
	uint8_t current_minor;
	uint8_t current_major;
	uint8_t reserved_1eb;
	uint8_t committed_build;
	uint8_t committed_minor;
	uint8_t committed_major;
	uint8_t reserved_1ef;
	uint64_t launch_tcb;
	uint8_t reserved_1f8[0x2a0 - 0x1f8];
	struct snp_signature signature;
};
ASSERT_SIZE(struct snp_report, 1184);
ASSERT_OFFSET(struct snp_report, guest_svn, 0x004);
ASSERT_OFFSET(struct snp_report, policy, 0x008);
ASSERT_OFFSET(struct snp_report, family_id, 0x010);
ASSERT_OFFSET(struct snp_report, image_id, 0x020);
ASSERT_OFFSET(struct snp_report, vmpl, 0x030);
ASSERT_OFFSET(struct snp_report, signature_algo, 0x034);
ASSERT_OFFSET(struct snp_report, current_tcb, 0x038);
ASSERT_OFFSET(struct snp_report, platform_info, 0x040);
ASSERT_OFFSET(struct snp_report, flags, 0x048);
ASSERT_OFFSET(struct snp_report, report_data, 0x050);
ASSERT_OFFSET(struct snp_report, measurement, 0x090);
ASSERT_OFFSET(struct snp_report, host_data, 0x0c0);
ASSERT_OFFSET(struct snp_report, id_key_digest, 0x0e0);
ASSERT_OFFSET(struct snp_report, author_key_digest, 0x110);
ASSERT_OFFSET(struct snp_report, report_id, 0x140);
ASSERT_OFFSET(struct snp_report, report_id_ma, 0x160);
ASSERT_OFFSET(struct snp_report, reported_tcb, 0x180);
ASSERT_OFFSET(struct snp_report, cpuid_family, 0x188);
ASSERT_OFFSET(struct snp_report, chip_id, 0x1a0);
ASSERT_OFFSET(struct snp_report, committed_tcb, 0x1e0);
ASSERT_OFFSET(struct snp_report, current_build, 0x1e8);
ASSERT_OFFSET(struct snp_report, committed_build, 0x1ec);
ASSERT_OFFSET(struct snp_report, launch_tcb, 0x1f0);
ASSERT_OFFSET(struct snp_report, signature, 0x2a0);

#define SNP_REPORT_AUTHOR_KEY	(1u << 0)
#define SNP_REPORT_MASK_CHIP_ID (1u << 1)
#define SNP_REPORT_SIGNER_SHIFT 2 // [4:2]: 0 VCEK, 1 VLEK, 7 none
#define SNP_PLATFORM_SMT	(1ull << 0)
#define SNP_PLATFORM_TSME	(1ull << 1)
#define SNP_PLATFORM_ECC	(1ull << 2)

// GUEST_POLICY: the lowest acceptable ABI version in [15:0], then
#define SNP_POLICY_ABI_MINOR_MASK    0xffull
#define SNP_POLICY_ABI_MAJOR_SHIFT   8
#define SNP_POLICY_SMT		     (1ull << 16)
#define SNP_POLICY_RESERVED_ONE	     (1ull << 17)
#define SNP_POLICY_MIGRATE_MA	     (1ull << 18)
#define SNP_POLICY_DEBUG	     (1ull << 19)
#define SNP_POLICY_SINGLE_SOCKET     (1ull << 20)
#define SNP_POLICY_CXL_ALLOW	     (1ull << 21)
#define SNP_POLICY_MEM_AES_256_XTS   (1ull << 22)
#define SNP_POLICY_RAPL_DISABLE	     (1ull << 23)
#define SNP_POLICY_CIPHERTEXT_HIDING (1ull << 24)
#define SNP_POLICY_PAGE_SWAP_DISABLE (1ull << 25)

// Guest message: header and encrypted payload in one page
#define SNP_MESSAGE_HEADER_VERSION 1
#define SNP_MESSAGE_AES_256_GCM	   1
#define SNP_MESSAGE_TAG_SIZE	   16 // of authtag's 32 bytes

struct __attribute__((packed)) snp_message_header {
	uint8_t authtag[32];
	uint64_t sequence; // low 64 bits of the 96-bit initialisation vector
	uint64_t reserved_028;
	// from here to the end of the header: additional authenticated data
	uint8_t algo;
	uint8_t version; // of the header
	uint16_t size;	 // of the header
	uint8_t message_type;
	uint8_t message_version;
	uint16_t message_size;
	uint32_t reserved_038;
	uint8_t vmpck;
	uint8_t reserved_03d[0x60 - 0x3d];
};
ASSERT_SIZE(struct snp_message_header, 0x60);
ASSERT_OFFSET(struct snp_message_header, sequence, 0x20);
ASSERT_OFFSET(struct snp_message_header, algo, 0x30);
ASSERT_OFFSET(struct snp_message_header, message_type, 0x34);
ASSERT_OFFSET(struct snp_message_header, message_size, 0x36);
ASSERT_OFFSET(struct snp_message_header, vmpck, 0x3c);

#define SNP_MESSAGE_PAYLOAD_MAX (4096 - 0x60)

#define SNP_MSG_CPUID_REQ	1
#define SNP_MSG_CPUID_RSP	2
#define SNP_MSG_KEY_REQ		3
#define SNP_MSG_KEY_RSP		4
#define SNP_MSG_REPORT_REQ	5
#define SNP_MSG_REPORT_RSP	6
// 7 to 16 are of migration agents: export, import, absorb, VMRK
#define SNP_MSG_TSC_INFO_REQ 17
#define SNP_MSG_TSC_INFO_RSP 18

// Status in the payload of an answer
#define SNP_MSG_SUCCESS	      0x00
#define SNP_MSG_INVALID_PARAM 0x16
#define SNP_MSG_INVALID_KEY   0x27

struct __attribute__((packed)) snp_report_request {
	uint8_t report_data[64];
	uint32_t vmpl;
	uint32_t key_select; // [1:0]: 0 VLEK if there is one, else VCEK; 1 VCEK; 2 VLEK
	uint8_t reserved_048[24];
};
ASSERT_SIZE(struct snp_report_request, 0x60);
ASSERT_OFFSET(struct snp_report_request, vmpl, 0x40);

struct __attribute__((packed)) snp_report_response {
	uint32_t status;
	uint32_t report_size;
	uint8_t reserved_008[24];
	struct snp_report report;
};
ASSERT_SIZE(struct snp_report_response, 0x20 + 1184);

struct __attribute__((packed)) snp_key_request {
	uint32_t root_key_select; // bit 0: VMRK instead of VCEK/VLEK; [2:1] as key_select above
	uint32_t reserved_004;
	uint64_t guest_field_select; // SNP_KEY_FIELD_*: what is mixed into the key
	uint32_t vmpl;
	uint32_t guest_svn;
	uint64_t tcb_version;
};
ASSERT_SIZE(struct snp_key_request, 0x20);
ASSERT_OFFSET(struct snp_key_request, guest_field_select, 0x08);
ASSERT_OFFSET(struct snp_key_request, vmpl, 0x10);
ASSERT_OFFSET(struct snp_key_request, tcb_version, 0x18);

#define SNP_KEY_ROOT_VMRK	  (1u << 0)
#define SNP_KEY_SELECT_SHIFT	  1
#define SNP_KEY_FIELD_POLICY	  (1ull << 0)
#define SNP_KEY_FIELD_IMAGE_ID	  (1ull << 1)
#define SNP_KEY_FIELD_FAMILY_ID	  (1ull << 2)
#define SNP_KEY_FIELD_MEASUREMENT (1ull << 3)
#define SNP_KEY_FIELD_GUEST_SVN	  (1ull << 4)
#define SNP_KEY_FIELD_TCB	  (1ull << 5)
#define SNP_KEY_FIELDS		  0x3full

struct __attribute__((packed)) snp_key_response {
	uint32_t status;
	uint8_t reserved_004[28];
	uint8_t key[32];
};
ASSERT_SIZE(struct snp_key_response, 64);

struct __attribute__((packed)) snp_tsc_info_response {
	uint32_t status;
	uint32_t reserved_004;
	uint64_t tsc_scale;
	uint64_t tsc_offset;
	uint32_t tsc_factor;
	uint8_t reserved_01c[100];
};
ASSERT_SIZE(struct snp_tsc_info_response, 128);

#endif
