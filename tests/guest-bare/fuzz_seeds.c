// SPDX-License-Identifier: MIT
// TPM commands of good form, most of which succeed when those before them did. Source: TPM 2.0
// library, part 3; structures in part 2.
#include "tests/guest-bare/fuzz.h"

#include "lib/string.h"

// Parameters are hexadecimal digits; Zn: n zero bytes, two digits; T: the handle of an object that
// the TPM gave out, S: of a session.
struct seed {
	uint16_t code;
	uint8_t auths; // password sessions, with empty passwords
	const char *handles;
	const char *body;
};

#define PASSWORD_SIZE 9 // of one session

#define OWNER	      "40000001"
#define NULL_RH	      "40000007"
#define LOCKOUT	      "4000000a"
#define ENDORSEMENT   "4000000b"
#define PLATFORM      "4000000c"
#define NV	      "01500001"
#define EK_RSA	      "81010001"
#define EK_ECC	      "8101000a"
#define ALL_PCRS      "00000001 000b 03 ffffff"
// Storage key, P-256, AES-128-CFB; with its size
#define ECC_PARENT "001a 0023 000b 00030072 0000 0006 0080 0043 0010 0003 0010 0000 0000"
// Key that signs, P-256, ECDSA
#define ECC_SIGN "0018 0023 000b 00040072 0000 0010 0018 000b 0003 0010 0000 0000"
// Sealed data; HMAC key
#define SEALED	  "000e 0008 000b 00000052 0000 0010 0000"
#define HMAC_KEY  "0010 0008 000b 00040072 0000 0005 000b 0000"
#define NO_SECRET "0004 0000 0000"
#define NO_TICKET "8024 " NULL_RH " 0000"

static const struct seed seeds[] = {
	{0x11f, 2, NV PLATFORM, ""},					// NV_UndefineSpaceSpecial
	{0x120, 1, OWNER "T", "81000010"},				// EvictControl
	{0x120, 1, OWNER "81000010", "81000010"},			// the same, back
	{0x121, 1, PLATFORM, ENDORSEMENT "01"},				// HierarchyControl
	{0x122, 1, OWNER NV, ""},					// NV_UndefineSpace
	{0x124, 1, PLATFORM, ""},					// ChangeEPS
	{0x125, 1, PLATFORM, ""},					// ChangePPS
	{0x126, 1, PLATFORM, ""},					// Clear
	{0x127, 1, PLATFORM, "00"},					// ClearControl
	{0x128, 1, OWNER, "0000000100000000"},				// ClockSet
	{0x129, 1, ENDORSEMENT, "0000"},				// HierarchyChangeAuth
	{0x12a, 1, OWNER, "0000 000e " NV " 000b 00020002 0000 0020"},	// NV_DefineSpace
	{0x12b, 1, PLATFORM, "00000002 000b 03 ffffff 000c 03 ffffff"}, // PCR_Allocate
	{0x12c, 1, PLATFORM, "0000 0010 00000014"},			// PCR_SetAuthPolicy
	{0x12d, 1, PLATFORM, "00000000 00000000"},			// PP_Commands
	{0x12e, 1, OWNER, "0000 0010"},					// SetPrimaryPolicy
	{0x12f, 1, PLATFORM "T", "0020 Z20 0014 000b Z20"},		// FieldUpgradeStart
	{0x130, 1, OWNER, "00"},					// ClockRateAdjust
	{0x131, 1, OWNER, NO_SECRET ECC_PARENT "0000 00000000"},	// CreatePrimary
	{0x131, 1, NULL_RH, NO_SECRET ECC_SIGN "0000 " ALL_PCRS},	// the same, to sign
	{0x131, 1, ENDORSEMENT, NO_SECRET HMAC_KEY "0000 00000000"},	// the same, HMAC
	{0x132, 1, OWNER, ""},						// NV_GlobalWriteLock
	{0x133, 2, ENDORSEMENT NULL_RH, "0000 0010"},			// GetCommandAuditDigest
	{0x134, 1, OWNER NV, ""},					// NV_Increment
	{0x135, 1, OWNER NV, "0000000000000001"},			// NV_SetBits
	{0x136, 1, OWNER NV, "0004 01020304"},				// NV_Extend
	{0x137, 1, OWNER NV, "0008 0102030405060708 0000"},		// NV_Write
	{0x138, 1, OWNER NV, ""},					// NV_WriteLock
	{0x139, 1, LOCKOUT, ""},					// DictionaryAttackLockReset
	{0x13a, 1, LOCKOUT, "00000020 00000001 00000001"},     // DictionaryAttackParameters
	{0x13b, 1, NV, "0000"},				       // NV_ChangeAuth
	{0x13c, 1, "0000000c", "0004 01020304"},	       // PCR_Event
	{0x13c, 1, "00000010", "0000"},			       // the same, PCR 16
	{0x13d, 1, "00000010", ""},			       // PCR_Reset
	{0x13d, 1, "00000007", ""},			       // the same, PCR 7
	{0x13e, 1, "T", "0003 616263 " OWNER},		       // SequenceComplete
	{0x13f, 1, PLATFORM, "00000000"},		       // SetAlgorithmSet
	{0x140, 1, OWNER, "000b 00000001 0000017b 00000000"},  // SetCommandCodeAuditStatus
	{0x141, 0, "", "0008 0102030405060708"},	       // FieldUpgradeData
	{0x142, 0, "", "00000001 000b"},		       // IncrementalSelfTest
	{0x143, 0, "", "00"},				       // SelfTest
	{0x143, 0, "", "01"},				       // the same, all of it
	{0x144, 0, "", "0000"},				       // Startup
	{0x145, 0, "", "0000"},				       // Shutdown
	{0x146, 0, "", "0008 0102030405060708"},	       // StirRandom
	{0x147, 2, "T" EK_ECC, "0004 01020304 0004 01020304"}, // ActivateCredential
	{0x148, 2, "T" NULL_RH, "0000 0010"},		       // Certify
	{0x149, 0, "T", "0000 0000"},			       // PolicyNV
	{0x14a, 1, "TT", "0000 0020 Z20 0010 " NO_TICKET},     // CertifyCreation
	{0x14b, 1, "T" NULL_RH, "0000 0010"},		       // Duplicate
	{0x14c, 2, ENDORSEMENT NULL_RH, "0000 0010"},	       // GetTime
	{0x14d, 2, ENDORSEMENT NULL_RH "S", "0000 0010"},      // GetSessionAuditDigest
	{0x14e, 1, OWNER NV, "0010 0000"},		       // NV_Read
	{0x14f, 1, OWNER NV, ""},			       // NV_ReadLock
	{0x150, 1, "T" EK_ECC, "0002 6162"},		       // ObjectChangeAuth
	{0x151, 1, OWNER "S", "0000 0000 0000 00000000"},      // PolicySecret
	{0x152, 1, "T" NULL_RH, "0000 0000 0000"},	       // Rewrap
	{0x153, 1, "T", "0008 0000 0004 deadbeef " SEALED "0000 00000000"}, // Create
	{0x154, 1, "T", "0044 0020 Z20 0020 Z20"},			    // ECDH_ZGen
	{0x155, 1, "T", "0003 616263 000b"},				    // HMAC
	{0x156, 1, "T", "0000 " SEALED "0000 0000 0010"},		    // Import
	{0x157, 1, "T", "0008 0102030405060708 " SEALED},		    // Load
	{0x158, 1, NULL_RH, "0002 6162 0010 " ALL_PCRS},		    // Quote
	{0x158, 1, "T", "0002 6162 0010 " ALL_PCRS},			    // the same, with a key
	{0x159, 1, EK_RSA, "0010 Z10 0010 0000"},			    // RSA_Decrypt
	{0x15b, 1, "T", "0000 000b"},					    // HMAC_Start
	{0x15c, 1, "T", "0003 616263"},					    // SequenceUpdate
	{0x15d, 1, "T", "0020 Z20 0018 000b " NO_TICKET},		    // Sign
	{0x15e, 1, "T", ""},						    // Unseal
	{0x160, 0, "TS", "0000 0000 0000 00000000 0018 000b 0000 0000"},    // PolicySigned
	{0x161, 0, "", "Z08 80000000 " OWNER " 0008 0102030405060708"},	    // ContextLoad
	{0x162, 0, "T", ""},						    // ContextSave
	{0x163, 0, "T", ""},						    // ECDH_KeyGen
	{0x164, 1, "T", "00 0043 0010 Z10 0010 Z10"},			    // EncryptDecrypt
	{0x165, 0, "", "T"},						    // FlushContext
	{0x165, 0, "", "S"},						    // the same, session
	{0x167, 0, "", "0000 000e 0008 000b 00000040 0000 0010 0000 " NULL_RH}, // LoadExternal
	{0x168, 0, EK_ECC, "0008 0102030405060708 0002 000b"},			// MakeCredential
	{0x169, 0, NV, ""},							// NV_ReadPublic
	{0x16a, 0, "S", "0020 Z20 0020 Z20 0002 000b 8022 " NULL_RH " 0000"},	// PolicyAuthorize
	{0x16b, 0, "S", ""},							// PolicyAuthValue
	{0x16c, 0, "S", "0000017e"},						// PolicyCommandCode
	{0x16d, 0, "S", "0008 Z08 0000 0000"},			      // PolicyCounterTimer
	{0x16e, 0, "S", "0020 Z20"},				      // PolicyCpHash
	{0x16f, 0, "S", "01"},					      // PolicyLocality
	{0x170, 0, "S", "0020 Z20"},				      // PolicyNameHash
	{0x171, 0, "S", "00000002 0020 Z20 0020 Z20"},		      // PolicyOR
	{0x172, 0, "S", "0000 0000 0000 0000 8023 " NULL_RH " 0000"}, // PolicyTicket
	{0x173, 0, EK_RSA, ""},					      // ReadPublic
	{0x173, 0, "T", ""},					      // the same
	{0x174, 0, EK_RSA, "0003 616263 0010 0000"},		      // RSA_Encrypt
	{0x176, 0, NULL_RH NULL_RH, "0010 Z10 0000 01 0010 000b"},    // StartAuthSession, policy
	{0x176, 0, NULL_RH NULL_RH, "0010 Z10 0000 00 0006 0080 0043 000b"}, // the same, HMAC
	{0x177, 0, "T", "0020 Z20 0005 000b Z20"},			     // VerifySignature
	{0x178, 0, "", "0003"},						     // ECC_Parameters
	{0x17a, 0, "", "00000006 00000100 00000020"},	      // GetCapability, properties
	{0x17a, 0, "", "00000001 80000000 00000020"},	      // the same, handles
	{0x17a, 0, "", "00000002 0000011f 000000ff"},	      // the same, commands
	{0x17a, 0, "", "00000005 00000000 00000001"},	      // the same, PCRs
	{0x17b, 0, "", "0020"},				      // GetRandom
	{0x17c, 0, "", ""},				      // GetTestResult
	{0x17d, 0, "", "0003 616263 000b " NULL_RH},	      // Hash
	{0x17e, 0, "", ALL_PCRS},			      // PCR_Read
	{0x17f, 0, "S", "0000 " ALL_PCRS},		      // PolicyPCR
	{0x180, 0, "S", ""},				      // PolicyRestart
	{0x181, 0, "", ""},				      // ReadClock
	{0x182, 1, "00000008", "00000001 000b Z20"},	      // PCR_Extend
	{0x182, 1, "00000017", "00000002 000b Z20 000c Z30"}, // the same, PCR 23
	{0x183, 1, "00000010", "0002 6162"},		      // PCR_SetAuthValue
	{0x184, 2, NULL_RH OWNER NV, "0000 0010 0008 0000"},  // NV_Certify
	{0x185, 2,
		"0000000e"
		"T",
		"0003 616263"},					  // EventSequenceComplete
	{0x186, 0, "", "0000 000b"},				  // HashSequenceStart
	{0x186, 0, "", "0000 0010"},				  // the same, of an event
	{0x187, 0, "S", "00"},					  // PolicyPhysicalPresence
	{0x188, 0, "S", "0000 0000 01"},			  // PolicyDuplicationSelect
	{0x189, 0, "S", ""},					  // PolicyGetDigest
	{0x18a, 0, "", "0001 0006 0080 0043 0010 0800 00000000"}, // TestParms
	{0x18b, 1, "T", "0000 0000 0000"},			  // Commit
	{0x18c, 0, "S", ""},					  // PolicyPassword
	{0x18d, 1, "T", "0044 0020 Z20 0020 Z20 0004 0000 0000 0019 0000"},  // ZGen_2Phase
	{0x18e, 0, "", "0003"},						     // EC_Ephemeral
	{0x18f, 0, "S", "01"},						     // PolicyNvWritten
	{0x190, 0, "S", "0020 Z20"},					     // PolicyTemplate
	{0x191, 1, "T", NO_SECRET "000e 0008 000b 00000072 0000 0010 0000"}, // CreateLoaded
	{0x192, 1, OWNER NV "S", ""},					     // PolicyAuthorizeNV
	{0x193, 1, "T", "0010 Z10 00 0043 0010 Z10"},			     // EncryptDecrypt2
	{0x2000, 0, "", "00000000"},					     // none
};

uint32_t fuzz_object = 0x80000000;
uint32_t fuzz_session = 0x03000000;

static uint32_t digit(char c)
{
	return c <= '9' ? (uint32_t)(c - '0') : (uint32_t)(c - 'a' + 10);
}

static uint8_t *put_text(uint8_t *p, const char *text)
{
	for (; *text; text++) {
		if (*text == 'T' || *text == 'S') {
			p = put32(p, *text == 'T' ? fuzz_object : fuzz_session);
		} else if (*text == 'Z') {
			uint32_t zeros = digit(text[1]) * 16 + digit(text[2]);

			memset(p, 0, zeros);
			p += zeros;
			text += 2;
		} else if (*text != ' ') {
			*p++ = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
			text++;
		}
	}
	return p;
}

size_t fuzz_seed_count(void)
{
	return ARRAY_SIZE(seeds);
}

uint32_t fuzz_seed_code(size_t seed)
{
	return seeds[seed].code;
}

void fuzz_seed_make(size_t i, struct fuzz_command *command)
{
	const struct seed *seed = &seeds[i];
	uint8_t *p = put_text(command->data + TPM_HEADER_SIZE, seed->handles);

	command->auths_at = seed->auths ? (uint32_t)(p - command->data) : 0;
	if (seed->auths) {
		uint8_t *size = p;

		// put_password() writes the size of one.
		p = put_password(p);
		for (unsigned n = 1; n < seed->auths; n++, p += PASSWORD_SIZE)
			memcpy(p, p - PASSWORD_SIZE, PASSWORD_SIZE);
		put32(size, (uint32_t)PASSWORD_SIZE * seed->auths);
	}
	command->body_at = (uint32_t)(p - command->data);
	p = put_text(p, seed->body);
	command->size = (uint32_t)(p - command->data);
	p = put16(command->data, seed->auths ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS);
	put32(put32(p, command->size), seed->code);
}
