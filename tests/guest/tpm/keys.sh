# shellcheck shell=sh
# Keys, sealing, policies, quotes, NV indices.
ok "RSA primary" tpm2_createprimary -Q -C o -G rsa2048 -c rsa.ctx
ok "  the same again" tpm2_createprimary -Q -C o -G rsa2048 -c again.ctx
tpm2_readpublic -Q -c rsa.ctx -n rsa.name
tpm2_readpublic -Q -c again.ctx -n again.name
ok "  is the same key" cmp rsa.name again.name
ok "ECC primary" tpm2_createprimary -Q -C o -G ecc256 -c ecc.ctx

echo "a secret" >secret
for key in rsa ecc; do
	ok "seal below the $key primary" tpm2_create -Q -C $key.ctx -p word -i secret -u s.pub -r s.priv
	ok "  load" tpm2_load -Q -C $key.ctx -u s.pub -r s.priv -c s.ctx
	is "  unseal" "$(tpm2_unseal -c s.ctx -p word)" "a secret"
	ok "  not with another password" refused tpm2_unseal -Q -c s.ctx -p other
done
ok "not below another primary" refused tpm2_load -Q -C rsa.ctx -u s.pub -r s.priv -c x.ctx

ok "policy of PCRs 4, 9, 15" tpm2_createpolicy -Q --policy-pcr -l sha256:4,9,15 -L policy
ok "seal to them" tpm2_create -Q -C ecc.ctx -L policy -i secret -u p.pub -r p.priv
ok "  load" tpm2_load -Q -C ecc.ctx -u p.pub -r p.priv -c p.ctx
is "  unseal" "$(tpm2_unseal -c p.ctx -p pcr:sha256:4,9,15)" "a secret"
tpm2_pcrextend "15:sha256=$(echo more | sha256sum | cut -d' ' -f1)"
ok "  not once PCR 15 is another" refused tpm2_unseal -Q -c p.ctx -p pcr:sha256:4,9,15

ok "a key to sign with" tpm2_create -Q -C ecc.ctx -G ecc256:ecdsa -u k.pub -r k.priv
tpm2_load -Q -C ecc.ctx -u k.pub -r k.priv -c k.ctx
ok "  sign" tpm2_sign -Q -c k.ctx -g sha256 -o signature secret
ok "  verify" tpm2_verifysignature -Q -c k.ctx -g sha256 -m secret -s signature
ok "  not of something else" refused tpm2_verifysignature -Q -c k.ctx -g sha256 -m policy -s signature

tpm2_createek -Q -G ecc -c ek.ctx
ok "attestation key" tpm2_createak -Q -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub -f pem
ok "tpm2_quote" tpm2_quote -Q -c ak.ctx -l sha256:0,4,9 -q 0badc0de -m q.msg -s q.sig -o q.pcrs
ok "tpm2_checkquote" tpm2_checkquote -Q -u ak.pub -m q.msg -s q.sig -f q.pcrs -g sha256 -q 0badc0de
ok "  not for another nonce" refused tpm2_checkquote -Q -u ak.pub -m q.msg -s q.sig -f q.pcrs \
	-g sha256 -q 0badc0df
tpm2_quote -Q -c ak.ctx -l sha256:15 -q 0badc0de -m r.msg -s r.sig -o r.pcrs
ok "  not for other PCRs" refused tpm2_checkquote -Q -u ak.pub -m q.msg -s q.sig -f r.pcrs \
	-g sha256 -q 0badc0de

ok "NV define" tpm2_nvdefine -Q -C o -s 9 -p word -a 'authread|authwrite' 0x1500001
ok "  write" tpm2_nvwrite -Q -C 0x1500001 -P word -i secret 0x1500001
is "  read" "$(tpm2_nvread -C 0x1500001 -P word -s 9 0x1500001)" "a secret"
ok "  not with another password" refused tpm2_nvread -C 0x1500001 -P other -s 9 0x1500001
ok "  undefine" tpm2_nvundefine -Q -C o 0x1500001
ok "  gone" refused tpm2_nvread -C 0x1500001 -P word -s 9 0x1500001
