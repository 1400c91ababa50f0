// SPDX-License-Identifier: MIT
// The few numbers of the TPM 2.0 that are used here. Source: TCG, Trusted Platform Module Library
// 2.0, part 2 (structures). On the wire everything is big-endian.
#ifndef HW_TPM_H
#define HW_TPM_H

// Header of commands and responses: tag 2, size 4 (of the whole), command or response code 4
#define TPM_HEADER_SIZE	      10
#define TPM_HEADER_SIZE_AT    2
#define TPM_HEADER_CODE_AT    6

#define TPM_ST_NO_SESSIONS    0x8001
#define TPM_ST_SESSIONS	      0x8002

#define TPM_CC_EVICT_CONTROL  0x00000120
#define TPM_CC_PCR_ALLOCATE   0x0000012b
#define TPM_CC_CREATE_PRIMARY 0x00000131
#define TPM_CC_STARTUP	      0x00000144
#define TPM_CC_SHUTDOWN	      0x00000145
#define TPM_CC_FLUSH_CONTEXT  0x00000165

#define TPM_RC_SUCCESS	      0x000
#define TPM_RC_FAILURE	      0x101

#define TPM_SU_CLEAR	      0x0000

#define TPM_RH_OWNER	      0x40000001
#define TPM_RS_PW	      0x40000009
#define TPM_RH_ENDORSEMENT    0x4000000b
#define TPM_RH_PLATFORM	      0x4000000c

#define TPM_ALG_RSA	      0x0001
#define TPM_ALG_SHA1	      0x0004
#define TPM_ALG_AES	      0x0006
#define TPM_ALG_SHA256	      0x000b
#define TPM_ALG_SHA384	      0x000c
#define TPM_ALG_SHA512	      0x000d
#define TPM_ALG_NULL	      0x0010
#define TPM_ALG_ECC	      0x0023
#define TPM_ALG_CFB	      0x0043
#define TPM_ECC_NIST_P256     0x0003
#define TPM_ECC_NIST_P384     0x0004

// TPMA_OBJECT
#define TPM_OBJECT_FIXED_TPM	     0x00000002
#define TPM_OBJECT_FIXED_PARENT	     0x00000010
#define TPM_OBJECT_SENSITIVE_ORIGIN  0x00000020
#define TPM_OBJECT_USER_WITH_AUTH    0x00000040
#define TPM_OBJECT_ADMIN_WITH_POLICY 0x00000080
#define TPM_OBJECT_RESTRICTED	     0x00010000
#define TPM_OBJECT_DECRYPT	     0x00020000

#endif
