# Trusts the certificates below /usr/local/share/ca-certificates, the issuer of the OIDC provider among them.
update-ca-certificates
